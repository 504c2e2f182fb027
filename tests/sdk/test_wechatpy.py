"""wechatpy plays the merchant flow: its code as PyPI has it, only the host is rewritten.

CALLED lists the methods of wechatpy's invoice API that are a merchant's; a test proves that all of
them are called. The others are a platform's and a company's (test_wechatpy_platform). What the SDK
lacks (contact) goes through its generic request method.
"""

import unittest

from kaipiao_server import RewriteHost, Server
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

# The generic request method takes whole addresses outside /cgi-bin.
SET_BIZ_ATTR = "https://api.weixin.qq.com/card/invoice/setbizattr"
CALLED = {
    "get_auth_url",
    "get_auth_data",
    "reject_insert",
    "set_auth_field",
    "get_auth_field",
    "set_pay_mch",
    "get_pay_mch",
    "get_user_title_url",
    "get_select_title_url",
    "scan_title",
}


class MerchantFlow(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)

    def client(self, role="merchant"):
        account = self.server.account(role)
        client = WeChatClient(account["appid"], account["secret"])
        client._http.mount("https://api.weixin.qq.com", RewriteHost(self.server.base))
        return client

    def refused(self, call, *arguments, **named):
        with self.assertRaises(WeChatClientException) as caught:
            call(*arguments, **named)
        return caught.exception.errcode

    def set_contact(self, client):
        contact = {"contact": {"phone": "88888888", "time_out": 12345}}
        params = {"action": "set_contact"}
        client.post(SET_BIZ_ATTR, params=params, data=contact)
        answer = client.post(SET_BIZ_ATTR, params={"action": "get_contact"}, data={})
        self.assertEqual(answer["contact"], contact["contact"])

    def test_the_whole_flow(self):
        client = self.client()
        invoice, s_pappid = client.invoice, self.server.s_pappid
        ticket = client.jsapi.get_ticket("wx_card")["ticket"]
        asked = dict(
            s_pappid=s_pappid,
            order_id="py-1",
            money=11,
            timestamp=1474875876,
            source="web",
            ticket=ticket,
            auth_type=1,
            redirect_url="https://mp.weixin.qq.com",
        )
        self.assertEqual(self.refused(client.post, SET_BIZ_ATTR,
                                      params={"action": "get_contact"}, data={}), 72063)
        self.assertEqual(self.refused(invoice.get_auth_url, **asked), 72063)
        self.set_contact(client)

        self.assertEqual(self.refused(invoice.get_auth_field), 72029)
        user_field = {"show_title": 1, "show_phone": 1, "custom_field": [{"key": "field1", "is_require": 1}]}
        biz_field = {"show_title": 1, "show_tax_no": 1, "require_tax_no": 1}
        invoice.set_auth_field(user_field, biz_field)
        fields = invoice.get_auth_field()["auth_field"]
        self.assertEqual(fields["user_field"]["custom_field"], [{"key": "field1", "is_require": 1}])
        self.assertEqual(fields["biz_field"]["require_tax_no"], 1)

        auth_url = invoice.get_auth_url(**asked)
        self.assertTrue(auth_url.startswith(self.server.base + "/bizmall/authinvoice?action=list&s_pappid="))
        self.assertEqual(invoice.get_auth_data(s_pappid, "py-1")["invoice_status"], "never auth")

        title = {"title": "张三", "phone": "13800000000", "custom_field": [{"key": "field1", "value": "中<&"}]}
        answered = self.server.authorize(auth_url, {"user_field": title})
        self.assertEqual(answered["redirect"], "https://mp.weixin.qq.com?order_id=py-1&errcode=0")
        data = invoice.get_auth_data(s_pappid, "py-1")
        self.assertEqual(data["invoice_status"], "auth success")
        self.assertEqual(data["user_auth_info"], {"user_field": title})
        self.assertEqual(len(str(data["auth_time"])), 10)

        invoice.reject_insert(s_pappid, "py-1", "抬头有误", "https://shop.example/again")
        self.assertEqual(invoice.get_auth_data(s_pappid, "py-1")["invoice_status"], "reject insert")
        self.assertEqual(self.refused(invoice.reject_insert, s_pappid, "py-1", "again"), 72035)
        self.assertEqual(self.refused(invoice.get_auth_url, **asked), 72035)

    def test_every_source_and_type_that_the_sdk_knows(self):
        client = self.client()
        self.set_contact(client)
        ticket = client.jsapi.get_ticket("wx_card")["ticket"]
        for source, redirect_url in [("app", None), ("wap", None), ("web", "http://x.cn")]:
            for auth_type in (0, 1, 2):
                order_id = f"{source}-{auth_type}"
                url = client.invoice.get_auth_url(
                    self.server.s_pappid, order_id, 1, 1474875876, source, ticket, auth_type, redirect_url)
                self.assertIn(f"&o1={order_id}&m1=1&t1=1474875876&source={source}&type={auth_type}&", url)

    def test_a_pay_merchant_is_linked(self):
        invoice = self.client().invoice
        self.assertEqual(self.refused(invoice.get_pay_mch), 72028)
        self.assertEqual(self.refused(invoice.set_pay_mch, "1234", self.server.s_pappid), 72030)
        invoice.set_pay_mch("1900000109", self.server.s_pappid)
        linked = invoice.get_pay_mch()["paymch_info"]
        self.assertEqual(linked, {"mchid": "1900000109", "s_pappid": self.server.s_pappid})

    def test_titles_by_link_and_by_code(self):
        invoice = self.client().invoice
        page = self.server.base + "/intp/invoice/usertitle?action="
        url = invoice.get_user_title_url(user_fill=False, title="星期一", tax_no="91440300MA5KP0009X")
        self.assertTrue(url.startswith(page + "list_auth&biz_title_key="), url)
        # The SDK wants a title where the user fills it, and not where it must be given.
        url = invoice.get_user_title_url(user_fill=True, title="")
        self.assertTrue(url.endswith("#wechat_redirect"), url)
        url = invoice.get_select_title_url(attach="7")
        self.assertTrue(url.startswith(page + "select_title&select_title_key="), url)
        self.assertEqual(self.refused(invoice.scan_title, "https//x?invoice_key=abcd"), 72031)

    def test_the_addresses_of_the_server(self):
        self.assertIn("127.0.0.1", self.client("platform").misc.get_wechat_ips())

    def test_the_sdk_recovers_from_an_expired_token(self):
        client = self.client("mini_program")
        self.set_contact(client)
        self.server.post("/sandbox/v1/clock", {"advance_s": 7300})
        self.set_contact(client)

    def test_no_method_is_forgotten(self):
        with open(__file__, encoding="utf-8") as source:
            text = source.read()
        for name in CALLED:
            self.assertRegex(text, rf"invoice\.{name}\b")


if __name__ == "__main__":
    unittest.main(verbosity=2)
