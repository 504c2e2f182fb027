"""wechatpy verifies, decrypts and parses what the server pushes, in every mode (section 6)."""

import unittest

from kaipiao_server import Receiver, RewriteHost, Server
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

TOKEN = "KaipiaoTest"
# Its last character has bits that strict decoders refuse (clients A16).
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SET_BIZ_ATTR = "https://api.weixin.qq.com/card/invoice/setbizattr"


class Pushes(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.merchant = self.server.account("merchant")
        self.receiver = Receiver(self.handle)
        self.addCleanup(self.receiver.stop)

    def handle(self, query, body):
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        return query.get("echostr", "success")

    def authorize(self, mode, order_id):
        callback = {"url": self.receiver.url, "token": TOKEN, "encoding_aes_key": AES_KEY, "mode": mode}
        self.server.admin("PUT", f"accounts/{self.merchant['appid']}/callback", callback)
        client = WeChatClient(self.merchant["appid"], self.merchant["secret"])
        client._http.mount("https://api.weixin.qq.com", RewriteHost(self.server.base))
        contact = {"contact": {"phone": "88888888", "time_out": 12345}}
        client.post(SET_BIZ_ATTR, params={"action": "set_contact"}, data=contact)
        ticket = client.jsapi.get_ticket("wx_card")["ticket"]
        url = client.invoice.get_auth_url(
            self.server.s_pappid, order_id, 11, 1474875876, "web", ticket, 0, "http://x.cn")
        self.server.authorize(url)
        return self.receiver.pushes.get(timeout=10)

    def check(self, xml, order_id):
        event = parse_message(xml)
        self.assertEqual(event.event, "user_authorize_invoice")
        self.assertEqual(event.success_order_id, order_id)
        self.assertFalse(event.fail_order_id)
        self.assertEqual(event.app_id, self.merchant["appid"])
        self.assertEqual(event._data["AuthorizeAppId"], self.merchant["appid"])
        self.assertEqual(event.auth_source, "web")
        self.assertEqual(event.target, self.merchant["original_id"])
        user = next(u for u in self.server.sandbox["users"] if u["id"] == "zhangwei")
        self.assertEqual(event.source, user["openids"][self.merchant["appid"]])
        self.assertEqual(event._data["SPAppId"], self.server.s_pappid)
        return event

    def decrypt(self, query, body):
        self.assertEqual(query["encrypt_type"], "aes")
        crypto = WeChatCrypto(TOKEN, AES_KEY, self.merchant["appid"])
        with self.assertRaises(InvalidSignatureException):
            crypto.decrypt_message(body, "0" * 40, query["timestamp"], query["nonce"])
        return crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])

    def test_plain(self):
        query, body = self.authorize("plain", "py-plain")
        self.assertNotIn("encrypt_type", query)
        self.assertEqual(self.check(body, "py-plain").source, query["openid"])

    def test_compat(self):
        query, body = self.authorize("compat", "py-compat")
        self.check(body, "py-compat")
        self.check(self.decrypt(query, body), "py-compat")

    def test_safe(self):
        query, body = self.authorize("safe", "订单-1]]>")
        self.assertNotIn(b"user_authorize_invoice", body)
        self.check(self.decrypt(query, body), "订单-1]]>")


if __name__ == "__main__":
    unittest.main(verbosity=2)
