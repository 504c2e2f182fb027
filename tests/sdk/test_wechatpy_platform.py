"""wechatpy plays an invoicing platform and a company: from the platform's PDF to the invoice that the company
writes off. Every method of its invoice API that test_wechatpy does not call succeeds here at least once."""

import functools
import inspect
import io
import json
import unittest
import urllib.request

from kaipiao_server import RewriteHost, Server
from test_wechatpy import CALLED as CALLED_BY_MERCHANTS, SET_BIZ_ATTR
from wechatpy import WeChatClient
from wechatpy.client.api.invoice import WeChatInvoice
from wechatpy.exceptions import WeChatClientException

USER = "zhangwei"
CODE = "044032000211"
METHODS = {
    name for name, value in vars(WeChatInvoice).items() if inspect.isfunction(value) and not name.startswith("_")
}


class Noted:
    """An invoice API whose methods note their names in `succeeded`."""

    def __init__(self, api, succeeded):
        for name in METHODS:
            setattr(self, name, self._noted(getattr(api, name), succeeded))

    @staticmethod
    def _noted(method, succeeded):
        @functools.wraps(method)
        def call(*arguments, **named):
            answer = method(*arguments, **named)
            succeeded.add(method.__name__)
            return answer

        return call


def pdf_showing(words):
    """A PDF with one page that shows these words."""
    content = f"BT /F 12 Tf 72 300 Td ({words}) Tj ET"
    objects = [
        "<</Type /Catalog /Pages 2 0 R>>",
        "<</Type /Pages /Kids [3 0 R] /Count 1>>",
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 400] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
        f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>",
    ]
    file, table = "%PDF-1.4\n", "0000000000 65535 f \n"
    for number, written in enumerate(objects, 1):
        table += f"{len(file):010} 00000 n \n"
        file += f"{number} 0 obj\n{written}\nendobj\n"
    size = len(objects) + 1
    trailer = f"trailer\n<</Size {size} /Root 1 0 R>>\nstartxref\n{len(file)}\n%%EOF\n"
    return (file + f"xref\n0 {size}\n{table}" + trailer).encode()


class PlatformAndCompany(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.succeeded = set()
        self.merchant = self.client("merchant")
        contact = {"contact": {"phone": "88888888", "time_out": 12345}}
        self.merchant.post(SET_BIZ_ATTR, params={"action": "set_contact"}, data=contact)
        self.platform = Noted(self.client("platform").invoice, self.succeeded)
        self.company = Noted(self.client("reimburser").invoice, self.succeeded)

    def client(self, role):
        account = self.server.account(role)
        client = WeChatClient(account["appid"], account["secret"])
        client._http.mount("https://api.weixin.qq.com", RewriteHost(self.server.base))
        return client

    def refused(self, call, *arguments):
        with self.assertRaises(WeChatClientException) as caught:
            call(*arguments)
        return caught.exception.errcode

    def openid(self, role):
        user = next(user for user in self.server.sandbox["users"] if user["id"] == USER)
        return user["openids"][self.server.account(role)["appid"]]

    def template(self, **named):
        base_info = {"logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0", "title": "测试收款方"}
        return self.platform.create_card(base_info, "测试收款方有限公司", "广东省增值税普通发票", **named)

    def uploaded(self, number):
        return self.platform.upload_pdf(io.BytesIO(pdf_showing(f"{CODE} {number}")))

    def authorized(self, order_id):
        ticket = self.merchant.jsapi.get_ticket("wx_card")["ticket"]
        asked = (self.server.s_pappid, order_id, 1100, 1474875876, "web", ticket, 2, "http://x.cn")
        self.server.authorize(self.merchant.invoice.get_auth_url(*asked))

    def inserted(self, order_id, number, card_id, media_id):
        """An order's invoice of this number in its user's wallet: what insert answers."""
        self.authorized(order_id)
        card_ext = {"nonce_str": "p6N7WOAF", "user_card": {"invoice_user_data": {
            "fee": 1100, "title": "星期一", "billing_time": 1468322401, "billing_no": CODE,
            "billing_code": number, "info": [{"name": "打印纸", "num": 2.5, "unit": "箱", "price": 400}],
            "fee_without_tax": 1000, "tax": 100, "s_pdf_media_id": media_id,
            "check_code": "12345678901234567890", "buyer_number": "110109500321654",
        }}}
        merchant = self.server.account("merchant")["appid"]
        return self.platform.insert(order_id, card_id, merchant, card_ext)

    def chosen(self, *inserted):
        """What the user chooses for the company of these: card_id and encrypt_code of each."""
        company = self.server.account("reimburser")["appid"]
        body = {"appid": company, "user": USER, "codes": [card["code"] for card in inserted]}
        chosen = json.loads(self.server.post("/sandbox/v1/choose-invoice", body)["choose_invoice_info"])
        return [{"card_id": card["card_id"], "encrypt_code": card["encrypt_code"]} for card in chosen]

    def status(self, card):
        return self.company.get_reimburse(**card)["user_info"]["reimburse_status"]

    def lock_and_close(self, card):
        unlocked = (*card.values(), "INVOICE_REIMBURSE_CLOSURE")
        self.assertEqual(self.refused(self.company.update_reimburse, *unlocked), 72039)
        for status in ("INVOICE_REIMBURSE_LOCK", "INVOICE_REIMBURSE_CLOSURE"):
            self.company.update_reimburse(**card, reimburse_status=status)
            self.assertEqual(self.status(card), status)

    def test_from_the_platforms_pdf_to_the_companys_books(self):
        url = self.platform.get_url()
        self.assertEqual(url.split("s_pappid=")[1].split("&")[0], self.server.s_pappid)
        card_id = self.template(detail="办公用品")
        self.assertNotEqual(self.template(), card_id)
        media_id = self.uploaded("62522141")
        uploaded = self.platform.get_pdf(media_id)
        self.assertEqual(uploaded["pdf_url_expire_time"], 7200)
        with urllib.request.urlopen(uploaded["pdf_url"]) as answer:
            self.assertEqual(answer.read(), pdf_showing(f"{CODE} 62522141"))
        card = self.inserted("py-1", "62522141", card_id, media_id)
        self.assertEqual(card["openid"], self.openid("platform"))

        [mine] = self.chosen(card)
        self.assertEqual(mine["card_id"], card_id)
        info = self.company.get_reimburse(**mine)["user_info"]
        self.assertEqual((info["fee"], info["title"], info["billing_code"]), (1100, "星期一", "62522141"))
        self.assertEqual(info["reimburse_status"], "INVOICE_REIMBURSE_INIT")
        self.lock_and_close(mine)
        cancel = (card_id, card["code"], "INVOICE_REIMBURSE_CANCEL")
        self.assertEqual(self.refused(self.platform.update_status, *cancel), 72061)

        first, second, third = [
            self.inserted(f"py-{number}", str(number), card_id, self.uploaded(number))
            for number in (62522142, 62522143, 62522144)
        ]
        batch, [cancelled] = self.chosen(first, second), self.chosen(third)
        for status in ("INVOICE_REIMBURSE_LOCK", "INVOICE_REIMBURSE_CLOSURE"):
            self.company.batch_update_reimburse(self.openid("reimburser"), status, batch)
            self.assertEqual([self.status(one) for one in batch], [status] * 2)
        self.platform.update_status(card_id, third["code"], "INVOICE_REIMBURSE_CANCEL")
        self.assertEqual(self.status(cancelled), "INVOICE_REIMBURSE_CANCEL")
        self.assertEqual(self.succeeded, METHODS - CALLED_BY_MERCHANTS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
