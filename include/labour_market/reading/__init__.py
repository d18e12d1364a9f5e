"""From the bytes of a delivery to raw columns: JSON lines, CSV and workbooks, with the layouts of their forms."""
