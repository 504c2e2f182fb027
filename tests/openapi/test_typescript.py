"""A client whose types are generated from the document compiles, and gets a link of the running server."""

import os
import shutil
import subprocess
import tempfile
import unittest

from kaipiao_server import quiet_server

HERE = os.path.dirname(os.path.abspath(__file__))


class TypeScript(unittest.TestCase):
    def test_a_generated_client_compiles_and_gets_a_link(self):
        with quiet_server() as server, tempfile.TemporaryDirectory() as place:
            for name in os.listdir(os.path.join(HERE, "client")):
                shutil.copy(os.path.join(HERE, "client", name), place)
            generator = os.path.join(os.environ["KAIPIAO_OPENAPI_TYPESCRIPT"], "node_modules/.bin/openapi-typescript")
            self.run_well([generator, server.base + "/openapi.json", "-o", os.path.join(place, "api.ts")], place)
            compiler = os.path.join(os.environ["KAIPIAO_NPM"], "node_modules/.bin/tsc")
            self.run_well([compiler, "--project", "tsconfig.json"], place)
            command = [compiler, "--project", "tsconfig.wrong.json"]
            wrong = subprocess.run(command, cwd=place, capture_output=True, text=True)
            self.assertNotEqual(wrong.returncode, 0)
            self.assertIn("Property 'money' is missing", wrong.stdout)
            link = self.run_well(["node", "built/getauthurl.js", server.base], place)
        self.assertRegex(link, r"^http://127\.0\.0\.1:\d+/bizmall/authinvoice\?action=list&.*o1=typescript-1&m1=11300&")

    def run_well(self, command, place):
        run = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, f"{command}: {run.stdout}{run.stderr}")
        return run.stdout


if __name__ == "__main__":
    unittest.main()
