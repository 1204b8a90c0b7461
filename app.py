"""The screen of Phủ Sóng, run by ``python3 start.py``: set-up, sidebar and pages; everything else is in coverage/ui."""

import streamlit as st

st.set_page_config(page_title="Phủ Sóng", layout="wide", initial_sidebar_state="expanded")
waiting = st.empty()
waiting.info("Đang khởi động, lần đầu mất ít giây ... / Starting ...", icon=":material/hourglass_top:")

# after the line above, so that the first visitor does not look at a blank page while the libraries load
from coverage.ui import data_page, gap_page, hand_in_page, maps, parts, plan_page, shell  # noqa: E402
from coverage.ui.parts import t  # noqa: E402

maps.assets()
parts.style()
shell.name_and_language()
waiting.empty()

pages = [
    st.Page(parts.guarded(data_page.show), title=t("nav_data"), icon=":material/database:", url_path="du-lieu"),
    st.Page(
        parts.guarded(gap_page.show), title=t("nav_gap"), icon=":material/map:", url_path="khoang-trong", default=True
    ),
    st.Page(parts.guarded(plan_page.show), title=t("nav_plan"), icon=":material/cell_tower:", url_path="phuong-an"),
    st.Page(parts.guarded(hand_in_page.show), title=t("nav_hand"), icon=":material/folder_zip:", url_path="xuat-ho-so"),
]
page = st.navigation(pages, position="sidebar")
with st.sidebar:
    shell.in_use()
    shell.background()
page.run()
