"""An entry in Airflow's menu that leads to the province's page."""

import os

from airflow.plugins_manager import AirflowPlugin


class ProvincePage(AirflowPlugin):
    """The entry."""

    name = "province_page"
    external_views = [  # noqa: RUF012  # Airflow reads this class attribute
        {
            "name": "Thị trường lao động",
            "href": f"http://127.0.0.1:{os.environ.get('LMW_SITE_PORT', '8090')}/",
            "destination": "nav",
        }
    ]
