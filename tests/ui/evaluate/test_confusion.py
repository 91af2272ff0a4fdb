"""A cell is chosen by a click in the figure, or in the table by keyboard."""

from streamlit.testing.v1 import AppTest

from digitrec.ui.evaluate.address import ImageSelection


def after(choice) -> ImageSelection:
    """What is looked at after a script that makes choices."""
    page = AppTest.from_function(choice).run(timeout=60)
    assert not page.exception
    return page.session_state["evaluate-looking"] if "evaluate-looking" in page.session_state else ImageSelection()


def a_click():
    import streamlit as st

    from digitrec.ui.evaluate import confusion

    st.session_state["figure"] = {"selection": {"points": [{"curve_number": 2, "point_index": 27}]}}
    confusion._clicked("figure", 10)


def a_click_that_takes_the_choice_back():
    import streamlit as st

    from digitrec.ui.evaluate import confusion

    st.session_state["figure"] = {"selection": {"points": []}}
    confusion._clicked("figure", 10)


def a_cell_of_the_table():
    import streamlit as st

    from digitrec.ui.evaluate import confusion

    st.session_state["table"] = {"selection": {"rows": [], "columns": [], "cells": [(1, "c")]}}
    confusion._cell_chosen("table", ("a", "b", "c"))


def the_name_of_a_row():
    import streamlit as st

    from digitrec.ui.evaluate import confusion

    st.session_state["table"] = {"selection": {"rows": [], "columns": [], "cells": [(1, "True class")]}}
    confusion._cell_chosen("table", ("a", "b", "c"))


def test_a_click_chooses_the_cell_of_its_point():
    assert after(a_click) == ImageSelection(true=2, answer=7)


def test_a_click_that_takes_the_choice_back_changes_nothing():
    assert after(a_click_that_takes_the_choice_back) == ImageSelection()


def test_a_cell_of_the_table_is_chosen_by_row_and_name():
    assert after(a_cell_of_the_table) == ImageSelection(true=1, answer=2)


def test_the_name_of_a_row_is_no_cell():
    assert after(the_name_of_a_row) == ImageSelection()
