"""Functions in the cloud: the trigger decides who waits; unless it is known, so is that."""

import pytest

from batchlint.findings import Latency, Step
from batchlint.graph import ManifestTarget

from .verdicts import cases, is_waited_for, verdict

LAMBDA = """
    from llm import ask

    def handler(event, context):
        for record in event["Records"]:
            print(ask(record["body"]))  # !
    """

LIVE = {
    "lambda_behind_an_api": """
        import json
        from llm import ask

        def handler(event, context):
            texts = json.loads(event["queryStringParameters"]["texts"])
            return {"statusCode": 200, "body": [ask(text) for text in texts]}  # !
        """,
    "lambda_of_a_chat_bot": """
        from llm import ask

        def lambda_handler(event, context):
            return [ask(turn) for turn in event.get("inputTranscript").split(".")]  # !
        """,
    "powertools_route": """
        from aws_lambda_powertools.event_handler import APIGatewayRestResolver
        from llm import ask

        app = APIGatewayRestResolver()

        @app.post("/label")
        def label():
            return [ask(text) for text in app.current_event.json_body]  # !

        def handler(event, context):
            return app.resolve(event, context)
        """,
    "chalice_route": """
        from chalice import Chalice
        from llm import ask

        app = Chalice("labels")

        @app.route("/label", methods=["POST"])
        def label():
            return [ask(text) for text in app.current_request.json_body]  # !
        """,
    "cloud_function_http": """
        import functions_framework
        from llm import ask

        @functions_framework.http
        def label(request):
            return [ask(text) for text in request.get_json()]  # !
        """,
    "firebase_callable": """
        from firebase_functions import https_fn
        from llm import ask

        @https_fn.on_call()
        def label(req):
            return [ask(text) for text in req.data]  # !
        """,
    "azure_route": """
        import azure.functions as func
        from llm import ask

        app = func.FunctionApp()

        @app.function_name("label")
        @app.route(route="label")
        def label(req):
            return [ask(text) for text in req.get_json()]  # !
        """,
    "azure_main": {
        "label/__init__.py": """
            import azure.functions as func
            from llm import ask

            def main(req: func.HttpRequest) -> func.HttpResponse:
                return func.HttpResponse(str([ask(text) for text in req.get_json()]))  # !
            """
    },
    "modal_endpoint": """
        import modal
        from llm import ask

        app = modal.App("labels")

        @app.function()
        @modal.fastapi_endpoint(method="POST")
        def label(texts: list):
            return [ask(text) for text in texts]  # !
        """,
}

OFFLINE = {
    "chalice_upload": """
        from chalice import Chalice
        from llm import ask

        app = Chalice("labels")

        @app.on_s3_event(bucket="uploads")
        def uploaded(event):
            for line in event.lines:
                print(ask(line))  # !
        """,
    "azure_blob": """
        import azure.functions as func
        from llm import ask

        app = func.FunctionApp()

        @app.blob_trigger(arg_name="blob", path="uploads", connection="x")
        def uploaded(blob):
            for line in blob.read().splitlines():
                print(ask(line))  # !
        """,
    "lambda_behind_a_table's_stream": """
        from llm import ask

        def new_rows(records):
            return [record["dynamodb"]["NewImage"] for record in records]

        def handler(event, context):
            for row in new_rows(event["Records"]):
                print(ask(row["text"]["S"]))  # !
        """,
    "cloud_event_of_a_topic": """
        import base64
        import functions_framework
        from llm import ask

        @functions_framework.cloud_event
        def published(event):
            for line in base64.b64decode(event.data["message"]["data"]).splitlines():
                print(ask(line))  # !
        """,
    "cloud_event_of_a_bucket": """
        import functions_framework
        from llm import ask

        @functions_framework.cloud_event
        def uploaded(event):
            data = event.data
            for page in (data["bucket"] + "/" + data["name"]).split("/"):
                print(ask(page))  # !
        """,
    "lambda_behind_uploads": """
        from llm import ask

        def handler(event, context):
            for record in event["Records"]:
                print(ask(record["s3"]["object"]["key"]))  # !
        """,
    "chalice_schedule": """
        from chalice import Chalice, Rate
        from llm import ask

        app = Chalice("labels")

        @app.schedule(Rate(1, unit=Rate.DAYS))
        def label(event):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "firebase_schedule": """
        from firebase_functions import scheduler_fn
        from llm import ask

        @scheduler_fn.on_schedule(schedule="every day 02:00")
        def label(event):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "azure_timer": """
        import azure.functions as func
        from llm import ask

        app = func.FunctionApp()

        @app.timer_trigger(schedule="0 0 2 * * *", arg_name="timer")
        def label(timer):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "azure_timer_main": {
        "label/__init__.py": """
            import azure.functions as func
            from llm import ask

            def main(mytimer: func.TimerRequest) -> None:
                for line in open("products.txt"):
                    print(ask(line))  # !
            """
    },
    "modal_cron": """
        import modal
        from llm import ask

        app = modal.App("labels")

        @app.function(schedule=modal.Cron("0 2 * * *"))
        def label():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
}

UNCLEAR = {
    "lambda": LAMBDA,
    "lambda_renamed_context": """
        from llm import ask

        def lambda_handler(event, _):
            for record in event["Records"]:
                print(ask(record["body"]))  # !
        """,
    "lambda_tried_out_by_its_main_block": """
        from llm import ask

        def lambda_handler(event, context):
            for record in event["Records"]:
                print(ask(record["body"]))  # !

        if __name__ == "__main__":
            lambda_handler({"Records": []}, None)
        """,
    "cloud_event": """
        import functions_framework
        from llm import ask

        @functions_framework.cloud_event
        def uploaded(event):
            for line in event.data["lines"]:
                print(ask(line))  # !
        """,
    "cloud_event_with_another_message": """
        import functions_framework
        from llm import ask

        @functions_framework.cloud_event
        def called(event):
            for line in event["message"]:
                print(ask(line))  # !
        """,
    "chalice_topic": """
        from chalice import Chalice
        from llm import ask

        app = Chalice("labels")

        @app.on_sns_message(topic="products")
        def published(event):
            for line in event.message.splitlines():
                print(ask(line))  # !
        """,
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_a_function_behind_a_url_is_waited_for(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_a_function_behind_a_clock_or_a_store_is_not(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(UNCLEAR))
def test_a_function_behind_an_event_is_unclear(program):
    assert verdict(program) == "unclear"


@pytest.mark.parametrize(
    ("kind", "latency", "expected"),
    [
        ("schedule", Latency.HOURS, "batchable"),
        ("schedule", Latency.MINUTES, "realtime"),
        ("web", Latency.REALTIME, "realtime"),
    ],
)
def test_the_trigger_that_a_manifest_names_decides(kind, latency, expected):
    trigger = ManifestTarget("app.handler", kind, latency, Step("template.yaml", 7, "a trigger"))
    assert verdict(LAMBDA, [trigger]) == expected
