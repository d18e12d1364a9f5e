"""Values that generators leave out when nobody asks for them."""

from hypothesis import strategies as st

SIGNS = "0123456789٣๓ .,-–/()+'=#\"@;:\u00a0\u200b\u200f\u202f\x00\x1f\x85\n\r\t\ud800\udfffaAđĐÐăẶơỰ\u0301\u0323\ufeff\ufffd"
# any code point, halves of surrogate pairs too; what offices type around digits; and both ends of what a reader compares with
TEXTS = (
    st.text(st.characters(), max_size=30)
    | st.text(SIGNS, max_size=30)
    | st.sampled_from(["", " ", "'", '=""', "'=", "0", "-0", "00", "1.5", "0,5", "1e5", "1,2E+11", "#N/A", "x" * 4_000, "x" * 4_001])
)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 10**15, 10**15 + 1, 10**40 - 1, 10**40, 0.5, 1.5, -0.0, 5e-324, 1e308])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
