"""Apps with a surface: what a click or a rerun starts is watched; the scripts around an app are not."""

import pytest

from .verdicts import cases, is_waited_for, verdict

LIVE = {
    "streamlit_page": """
        import streamlit as st
        from llm import ask

        for text in st.text_area("texts").splitlines():
            st.write(ask(text))  # !
        """,
    "streamlit_main_function": """
        import streamlit as st
        from llm import ask

        def label(texts):
            return [ask(text) for text in texts]  # !

        def main():
            uploaded = st.file_uploader("products")
            if uploaded:
                st.table(label(uploaded))

        if __name__ == "__main__":
            main()
        """,
    "streamlit_spinner_in_another_file": {
        "index.py": """
            from llm import ask

            def build(chunks):
                return [ask(chunk) for chunk in chunks]  # !
            """,
        "page.py": """
            import streamlit as st
            from index import build

            with st.sidebar:
                documents = st.file_uploader("documents", accept_multiple_files=True)
            if documents:
                with st.spinner("Reading"):
                    st.session_state.index = build(documents)
            """,
    },
    "streamlit_callback": """
        import streamlit as st
        from llm import ask

        def label():
            st.session_state.labels = [ask(text) for text in st.session_state.texts]  # !

        st.button("Label", on_click=label)
        """,
    "streamlit_numbered_steps_of_a_runner": {
        "work.py": """
            from llm import ask

            def translate():
                return [ask(line) for line in open("lines.txt")]  # !

            if __name__ == "__main__":
                translate()
            """,
        "runner.py": """
            import threading

            class Runner:
                def start(self, steps):
                    self.steps = steps
                    threading.Thread(target=self.run).start()

                def run(self):
                    for number, (label, step) in enumerate(self.steps):
                        self.label = f"{number} {label}"
                        step()
            """,
        "page.py": """
            import streamlit as st
            import work
            from runner import Runner

            if st.button("Translate"):
                Runner().start([("Translation", lambda: (work.translate(), st.rerun()))])
            """,
    },
    "gradio_interface": """
        import gradio as gr
        from llm import ask

        def label(texts):
            return [ask(text) for text in texts.splitlines()]  # !

        gr.Interface(fn=label, inputs="text", outputs="json").launch()
        """,
    "gradio_blocks": """
        import gradio as gr
        from llm import ask

        def label(texts):
            return [ask(text) for text in texts.splitlines()]  # !

        with gr.Blocks() as demo:
            texts = gr.Textbox()
            button = gr.Button("Label")
            button.click(label, inputs=texts, outputs=texts)
        """,
    "gradio_chained": """
        import gradio as gr
        from llm import ask

        def keep(text):
            return text

        def label(texts):
            return [ask(text) for text in texts.splitlines()]  # !

        with gr.Blocks() as demo:
            texts = gr.Textbox()
            texts.submit(keep, texts, texts).then(label, texts, texts)
        """,
    "gradio_chat": """
        import gradio as gr
        from llm import ask

        def answer(message, history):
            return [ask(line) for line in message.splitlines()]  # !

        gr.ChatInterface(answer).launch()
        """,
    "chainlit": """
        import chainlit as cl
        from llm import aask

        @cl.on_message
        async def answer(message):
            for line in message.content.splitlines():
                await cl.Message(content=await aask(line)).send()  # !
        """,
    "dash": """
        from dash import Dash, Input, Output, callback
        from llm import ask

        app = Dash(__name__)

        @callback(Output("labels", "children"), Input("texts", "value"))
        def label(texts):
            return [ask(text) for text in texts.splitlines()]  # !
        """,
    "shiny": """
        from shiny import App, reactive, render, ui
        from llm import ask

        def server(input, output, session):
            @render.text
            def labels():
                return [ask(text) for text in input.texts()]  # !

        app = App(ui.page_fluid(), server)
        """,
    "nicegui": """
        from nicegui import ui
        from llm import ask

        def label():
            for text in texts.value.splitlines():
                ui.notify(ask(text))  # !

        texts = ui.textarea()
        ui.button("Label", on_click=label)
        ui.run()
        """,
    "reflex": """
        import reflex as rx
        from llm import ask

        class Labels(rx.State):
            texts: list[str] = []

            def label(self):
                self.labels = [ask(text) for text in self.texts]  # !
        """,
    "panel": """
        import panel as pn
        from llm import ask

        def answer(contents, user, instance):
            return [ask(line) for line in contents.splitlines()]  # !

        pn.chat.ChatInterface(callback=answer).servable()
        """,
    "mesop": """
        import mesop as me
        import mesop.labs as mel
        from llm import ask

        def answer(text, history):
            for line in text.splitlines():
                yield ask(line)  # !

        @me.page(path="/")
        def page():
            mel.chat(answer)
        """,
    "widgets": """
        import ipywidgets as widgets
        from llm import ask

        def label(_):
            for text in texts.value.splitlines():
                print(ask(text))  # !

        texts = widgets.Textarea()
        button = widgets.Button(description="Label")
        button.on_click(label)
        """,
    "tkinter": """
        import tkinter as tk
        from llm import ask

        def label():
            for text in texts.get("1.0").splitlines():
                print(ask(text))  # !

        root = tk.Tk()
        texts = tk.Text(root)
        tk.Button(root, text="Label", command=label).pack()
        root.mainloop()
        """,
    "tkinter_by_star_import": """
        from tkinter import *
        from llm import ask

        class Window:
            def __init__(self, root):
                self.texts = Text(root)
                Button(root, text="Label", command=self.label).pack()

            def label(self):
                for text in self.texts.get("1.0", END).splitlines():
                    print(ask(text))  # !

        Window(Tk())
        """,
    "qt_signal": """
        from PyQt6.QtWidgets import QPushButton
        from llm import ask

        class Window:
            def __init__(self):
                self.button = QPushButton("Label")
                self.button.clicked.connect(self.label)

            def label(self):
                for text in self.texts:
                    print(ask(text))  # !
        """,
    "qt_thread": """
        from PySide6.QtCore import QThread
        from llm import ask

        class Worker(QThread):
            def run(self):
                for text in self.texts:
                    self.done.emit(ask(text))  # !
        """,
    "textual": """
        from textual.app import App
        from llm import ask

        class Labels(App):
            def on_input_submitted(self, event):
                for text in event.value.splitlines():
                    self.log(ask(text))  # !
        """,
    "kivy": """
        from kivy.app import App
        from kivy.uix.button import Button
        from llm import ask

        class Labels(App):
            def build(self):
                return Button(text="Label", on_press=self.label)

            def label(self, _):
                for text in self.texts:
                    print(ask(text))  # !
        """,
}

OFFLINE = {
    "streamlit_index_built_by_a_script": {
        "index.py": """
            from llm import ask

            def describe(document):
                return ask(document)

            if __name__ == "__main__":
                for line in open("documents.txt"):
                    print(describe(line))  # !
            """,
        "page.py": """
            import streamlit as st

            st.title("Documents")
            st.write(open("index.json").read())
            """,
    },
    "numbered_steps_of_a_command": {
        "work.py": """
            from llm import ask

            def translate():
                return [ask(line) for line in open("lines.txt")]  # !
            """,
        "steps.py": """
            import work

            def run(steps):
                for number, (label, step) in enumerate(steps):
                    print(number, label)
                    step()

            if __name__ == "__main__":
                run([("Translation", lambda: work.translate())])
            """,
        "page.py": """
            import streamlit as st

            st.write(open("lines.json").read())
            """,
    },
    "streamlit_secrets_in_a_script": """
        import streamlit as st
        from llm import ask

        if __name__ == "__main__":
            for line in open(st.secrets["path"]):
                print(ask(line))  # !
        """,
    "gradio_client_in_a_script": """
        from gradio_client import Client
        from llm import ask

        if __name__ == "__main__":
            for line in open("documents.txt"):
                print(Client("space").predict(ask(line)))  # !
        """,
    "dash_data_prepared_by_a_command": """
        import click
        from dash import Dash, Input, Output
        from llm import ask

        app = Dash(__name__)

        @app.callback(Output("labels", "children"), Input("texts", "value"))
        def show(texts):
            return open("labels.json").read()

        @click.command()
        def prepare():
            for line in open("documents.txt"):
                print(ask(line))  # !
        """,
    "panel_nightly_task": """
        import panel as pn
        from llm import ask

        def refresh():
            for line in open("documents.txt"):
                print(ask(line))  # !

        pn.state.schedule_task("refresh", refresh, period="1d")
        """,
    "tkinter_free_script": """
        from tkinter import filedialog
        from llm import ask

        def main():
            for line in open("documents.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            main()
        """,
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_who_clicks_waits(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_the_scripts_around_an_app_are_batchable(program):
    assert verdict(program) == "batchable"


NOTES = """
    import sys
    from llm import ask
    {base}

    class Notes(Base):
        def __init__(self, path):
            super().__init__()
            self.path = path
            {then}

        def on_saved(self):
            for line in open(self.path):
                self.label(line)

        def label(self, line):
            print(ask(line))

    if __name__ == "__main__":
        Notes(sys.argv[1])
    """


@pytest.mark.parametrize(
    ("base", "then", "expected"),
    [
        ("from PyQt6.QtWidgets import QMainWindow as Base", "self.setWindowTitle('Notes')  # !", "none"),
        ("from toolkit import Base", "self.run_everything()  # !", "none"),
    ],
)
def test_what_a_window_inherits_does_not_run_its_own_methods(base: str, then: str, expected: str):
    assert verdict(NOTES.replace("{base}", base).replace("{then}", then)) == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [("from PyQt6.QtWidgets import QMainWindow as Base", "realtime"), ("from toolkit import Base", "batchable")],
)
def test_what_others_inherit_may_run_their_own_methods(base: str, expected: str):
    program = NOTES.replace("{base}", base).replace("{then}", "self.run_everything()")
    assert verdict(program.replace("print(ask(line))", "print(ask(line))  # !")) == expected
