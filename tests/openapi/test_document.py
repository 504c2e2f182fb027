"""The document is OpenAPI 3.1, and each of its examples, the contract's samples among them, is what its schema says."""

import unittest

import jsonschema
from kaipiao_server import quiet_server
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def examples(value, path=()):
    """Each example of a document, with the pointer of its schema."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from examples(item, (*path, index))
    if not isinstance(value, dict):
        return
    if "schema" in value and isinstance(value.get("examples"), dict):
        steps = [str(step).replace("~", "~0").replace("/", "~1") for step in (*path, "schema")]
        for name, example in value["examples"].items():
            yield "/".join(steps), name, example["value"]
    for name, member in value.items():
        yield from examples(member, (*path, name))


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with quiet_server() as server:
            cls.document = server.get("/openapi.json")

    def test_it_is_openapi_3_1(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        validate(self.document)

    def test_the_samples_are_what_their_schemas_say(self):
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        registry = Registry().with_resource("urn:document", resource)
        looked_at = 0
        for pointer, name, example in examples(self.document):
            looked_at += 1
            with self.subTest(pointer, example=name):
                schema = {"$ref": "urn:document#/" + pointer}
                jsonschema.Draft202012Validator(schema, registry=registry).validate(example)
        self.assertGreater(looked_at, 30)



if __name__ == "__main__":
    unittest.main()
