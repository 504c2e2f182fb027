"""wechatpy issues and offsets through its generic request method, and parses the results' events
(sections 14, 15, 16 and 19, which its invoice API lacks); for a payment with receipt=Y too (section 13)."""

import unittest

from kaipiao_server import Payer, Receiver, RewriteHost, Server
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.pay import WeChatPay

TOKEN = "KaipiaoTest"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
# The generic request method takes whole addresses outside /cgi-bin.
API = "https://api.weixin.qq.com/card/invoice/"


class Issuing(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.merchant = self.server.account("merchant")
        self.receiver = Receiver(lambda query, body: query.get("echostr", ""))
        self.addCleanup(self.receiver.stop)
        callback = {"url": self.receiver.url, "token": TOKEN, "encoding_aes_key": AES_KEY, "mode": "safe"}
        self.server.admin("PUT", f"accounts/{self.merchant['appid']}/callback", callback)
        self.client = WeChatClient(self.merchant["appid"], self.merchant["secret"])
        self.client._http.mount("https://api.weixin.qq.com", RewriteHost(self.server.base))

    def call(self, name, body, **params):
        return self.client.post(API + name, params=params, data=body)

    def refused(self, name, body):
        with self.assertRaises(WeChatClientException) as caught:
            self.call(name, body)
        return caught.exception.errcode

    def event(self):
        query, body = self.receiver.pushes.get(timeout=10)
        crypto = WeChatCrypto(TOKEN, AES_KEY, self.merchant["appid"])
        xml = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        return parse_message(xml)

    def result(self, serial, status):
        event = self.event()
        self.assertEqual(event._data["Event"], "cloud_invoice_invoiceresult_event")
        self.assertEqual(event._data["fpqqlsh"], serial)
        self.assertEqual(event._data["status"], str(status))
        self.assertEqual(event._data["nsrsbh"], self.server.sandbox["merchant"]["nsrsbh"])

    def authorized(self, order_id):
        """The openid of the user who authorized, as the push names it."""
        contact = {"contact": {"phone": "88888888", "time_out": 12345}}
        self.call("setbizattr", contact, action="set_contact")
        ticket = self.client.jsapi.get_ticket("wx_card")["ticket"]
        url = self.client.invoice.get_auth_url(
            self.server.s_pappid, order_id, 15900, 1474875876, "web", ticket, 0, "http://x.cn")
        self.server.authorize(url)
        event = self.event()
        self.assertEqual(event.success_order_id, order_id)
        return event.source

    def invoice(self, openid, order_id, serial):
        merchant = self.server.sandbox["merchant"]
        return {"invoiceinfo": {
            "wxopenid": openid, "ddh": order_id, "fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"],
            "nsrmc": merchant["nsrmc"], "nsrdz": "Shenzhen", "nsrdh": "0755228899988",
            "nsrbank": "Bank of China", "nsrbankid": "12345678", "ghfmc": "星期一", "kpr": "John",
            "jshj": "159", "hjje": "135.9", "hjse": "23.1",
            "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "Washing machine", "dw": "Unit",
                "ggxh": "60L", "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
            }],
        }}

    def test_issue_query_offset_query(self):
        merchant = self.server.sandbox["merchant"]
        blue, red = merchant["code"] + "py1", merchant["code"] + "py1r"
        openid = self.authorized("py-1")
        self.assertEqual(self.refused("makeoutinvoice", {}), 73001)

        sent = self.call("makeoutinvoice", self.invoice(openid, "py-1", blue))
        self.assertEqual(sent["errmsg"], "sucesss")
        self.result(blue, 100)
        which = {"fpqqlsh": blue, "nsrsbh": merchant["nsrsbh"]}
        detail = self.call("queryinvoceinfo", which)["invoicedetail"]
        self.assertEqual([len(detail[name]) for name in ("fpdm", "fphm", "jym", "kprq")], [12, 8, 20, 14])
        self.assertEqual(self.refused("makeoutinvoice", self.invoice(openid, "py-1", blue + "x")), 73108)

        offset = {"invoiceinfo": {
            "wxopenid": openid, "fpqqlsh": red, "nsrsbh": merchant["nsrsbh"], "nsrmc": merchant["nsrmc"],
            "yfpdm": detail["fpdm"], "yfphm": detail["fphm"],
        }}
        self.assertEqual(self.call("clearoutinvoice", offset)["errmsg"], "sucesss")
        self.result(red, 100)
        which["fpqqlsh"] = red
        self.assertNotEqual(self.call("queryinvoceinfo", which)["invoicedetail"]["fphm"], detail["fphm"])

    def test_a_payment_with_receipt_leads_to_the_card_in_the_payers_wallet(self):
        sandbox, merchant = self.server.sandbox, self.server.sandbox["merchant"]
        self.client.invoice.set_pay_mch(sandbox["mchid"], self.server.s_pappid)
        contact = {"contact": {"phone": "88888888", "time_out": 12345}}
        self.call("setbizattr", contact, action="set_contact")
        pay = WeChatPay(self.merchant["appid"], sandbox["mch_key"], sandbox["mchid"])
        pay.API_BASE_URL = self.server.base + "/"
        placed = pay.order.create(
            trade_type="NATIVE", body="茶", total_fee=15900, notify_url="http://127.0.0.1:9/",
            client_ip="127.0.0.1", out_trade_no="py-pay-1", receipt="Y")
        self.server.post("/sandbox/v1/pay", {"prepay_id": placed["prepay_id"], "user": "zhangwei"})

        payer = Payer(self.server, "zhangwei")
        details = f"/payments/{sandbox['mchid']}/py-pay-1"
        auth_url = payer.press(details, details + "/entry")
        self.server.authorize(auth_url, {"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}})
        event = self.event()
        self.assertEqual(event.success_order_id, "py-pay-1")
        data = self.client.invoice.get_auth_data(self.server.s_pappid, "py-pay-1")
        self.assertEqual(data["invoice_status"], "auth success")

        serial = merchant["code"] + "pypay1"
        self.call("makeoutinvoice", self.invoice(event.source, "py-pay-1", serial))
        self.result(serial, 100)
        detail = self.call("queryinvoceinfo", {"fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"]})
        card = "/me/cards/" + detail["invoicedetail"]["pdfurl"].rsplit("/", 1)[-1]
        self.assertIn(card, payer.get("/me/cards"))
        self.assertIn("py-pay-1", payer.get(card))

    def test_a_failure_is_told_and_repeated(self):
        merchant = self.server.sandbox["merchant"]
        serial = merchant["code"] + "py2"
        openid = self.authorized("py-2")
        self.server.post("/sandbox/v1/faults", {"target": "issuer", "n": 1, "errcode": 73000})
        self.call("makeoutinvoice", self.invoice(openid, "py-2", serial))
        self.result(serial, 2)
        which = {"fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"]}
        self.assertEqual(self.refused("queryinvoceinfo", which), 73000)
        self.call("makeoutinvoice", self.invoice(openid, "py-2", serial))
        self.result(serial, 100)
        self.assertEqual(self.call("queryinvoceinfo", which)["errcode"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
