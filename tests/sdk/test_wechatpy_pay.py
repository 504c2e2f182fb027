"""wechatpy's pay client plays section 13: its code as PyPI has it, only the base address is another one.

CALLED lists the methods of its order, refund, quick-pay and withhold API, all of which are called.
"""

import inspect
import unittest
from unittest import mock

from kaipiao_server import Receiver, Server
from wechatpy.exceptions import WeChatPayException
from wechatpy.pay import WeChatPay
from wechatpy.pay.api import WeChatMicroPay, WeChatOrder, WeChatRefund, WeChatWithhold

CALLED = {
    WeChatOrder: {"create", "query", "close", "reverse"},
    WeChatRefund: {"apply", "query"},
    WeChatMicroPay: {"create", "query"},
    WeChatWithhold: {"apply_deduct", "query_order"},
}
# They send nothing.
LOCAL = {"get_appapi_params", "apply_signing"}
# Contracts are the sandbox's own, one for each user: nobody signs or ends one.
NOT_SERVED = {"query_signing", "apply_cancel_signing"}
ACKNOWLEDGED = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"


class PayFlow(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.receiver = Receiver(lambda query, body: ACKNOWLEDGED)
        self.addCleanup(self.receiver.stop)
        self.notify_url = self.receiver.url

    def client(self, **named):
        merchant = self.server.account("merchant")
        sandbox = self.server.sandbox
        client = WeChatPay(merchant["appid"], sandbox["mch_key"], sandbox["mchid"], **named)
        client.API_BASE_URL = self.server.base + "/"
        return client

    def user(self):
        return next(user for user in self.server.sandbox["users"] if user["id"] == "zhangwei")

    def openid(self):
        return self.user()["openids"][self.server.account("merchant")["appid"]]

    def ordered(self, client, number, **named):
        asked = dict(trade_type="JSAPI", body="茶", total_fee=11300, notify_url=self.notify_url)
        asked.update(client_ip="127.0.0.1", user_id=self.openid(), out_trade_no=number, **named)
        return client.order.create(**asked)

    def pay(self, prepay_id):
        return self.server.post("/sandbox/v1/pay", {"prepay_id": prepay_id, "user": "zhangwei"})

    def test_no_method_is_forgotten(self):
        for api, called in CALLED.items():
            methods = inspect.getmembers(api, inspect.isfunction)
            public = {name for name, _ in methods if not name.startswith("_")}
            self.assertEqual(public - LOCAL - NOT_SERVED, called)

    def test_a_payment_with_receipt_is_paid_told_and_refunded(self):
        client = self.client()
        placed = self.ordered(client, "py-order-1", attach="a&b", receipt="Y")
        self.assertTrue(client.check_signature(placed))
        self.assertEqual(client.order.query(out_trade_no="py-order-1")["trade_state"], "NOTPAY")
        paid = self.pay(placed["prepay_id"])
        _, body = self.receiver.pushes.get(timeout=10)
        told = client.parse_payment_result(body)
        self.assertEqual((told["out_trade_no"], told["total_fee"]), ("py-order-1", 11300))
        self.assertEqual((told["attach"], told["openid"]), ("a&b", self.openid()))
        found = client.order.query(transaction_id=paid["transaction_id"])
        self.assertEqual(found["trade_state"], "SUCCESS")
        made = client.refund.apply(
            11300, 300, "py-refund-1", out_trade_no="py-order-1", notify_url=self.notify_url
        )
        _, body = self.receiver.pushes.get(timeout=10)
        refunded = client.parse_refund_notify_result(body)
        self.assertEqual(refunded["refund_fee"], 300)
        self.assertEqual(refunded["refund_id"], made["refund_id"])
        found = client.refund.query(out_refund_no="py-refund-1")
        self.assertEqual((found["refund_count"], found["refund_fee_0"]), ("1", "300"))

    def test_hmac_signs_too(self):
        placed = self.ordered(self.client(), "py-order-1", sign_type="HMAC-SHA256")
        self.assertEqual(placed["result_code"], "SUCCESS")

    def test_quick_pay_is_taken_back(self):
        client = self.client()
        paid = client.micropay.create("茶", 100, self.user()["auth_code"], "127.0.0.1", "py-quick-1")
        self.assertEqual(paid["openid"], self.openid())
        self.assertEqual(client.micropay.query(out_trade_no="py-quick-1")["trade_state"], "SUCCESS")
        self.assertEqual(client.order.reverse(out_trade_no="py-quick-1")["recall"], "N")
        self.assertEqual(client.order.query(out_trade_no="py-quick-1")["trade_state"], "REVOKED")

    def test_a_payer_is_charged_by_contract(self):
        for sandbox in (False, True):
            client, number = self.client(sandbox=sandbox), f"py-behalf-{int(sandbox)}"
            # wechatpy asks the name server for WeChat Pay's host to find its own address.
            with mock.patch("wechatpy.pay.api.withhold.get_external_ip", return_value="127.0.0.1"):
                asked = dict(out_trade_no=number, attach="a&b")
                contract = self.user()["contract_id"]
                client.withhold.apply_deduct("茶", 100, contract, self.notify_url, **asked)
                with self.assertRaises(WeChatPayException) as caught:
                    client.withhold.apply_deduct("茶", 100, contract, self.notify_url, **asked)
                self.assertEqual(caught.exception.errcode, "ORDERPAID")
            _, body = self.receiver.pushes.get(timeout=10)
            told = client.parse_payment_result(body)
            self.assertEqual((told["out_trade_no"], told["total_fee"]), (number, 100))
            self.assertEqual((told["contract_id"], told["trade_state"]), (contract, "SUCCESS"))
            for named in (dict(out_trade_no=number), dict(transaction_id=told["transaction_id"])):
                found = client.withhold.query_order(**named)
                self.assertEqual((found["trade_state"], found["attach"]), ("SUCCESS", "a&b"))
                self.assertTrue(client.check_signature(found))

    def test_refunds_are_found_by_each_of_their_numbers(self):
        client = self.client()
        placed = self.ordered(client, "py-order-1")
        paid = self.pay(placed["prepay_id"])
        made = [
            client.refund.apply(11300, fee, f"py-refund-{fee}", transaction_id=paid["transaction_id"])
            for fee in (300, 1000)
        ]
        for named, count in (
            (dict(refund_id=made[1]["refund_id"]), "1"),
            (dict(out_refund_no="py-refund-300"), "1"),
            (dict(transaction_id=paid["transaction_id"]), "2"),
            (dict(out_trade_no="py-order-1"), "2"),
        ):
            found = client.refund.query(**named)
            self.assertEqual((found["refund_count"], found["refund_fee"]), (count, "1300"), named)
        with self.assertRaises(WeChatPayException) as caught:
            client.order.reverse(transaction_id=paid["transaction_id"])
        self.assertEqual(caught.exception.errcode, "INVALID_REQUEST")
        with self.assertRaises(WeChatPayException) as caught:
            client.order.close("py-order-1")
        self.assertEqual(caught.exception.errcode, "ORDERPAID")

    def test_a_payer_is_asked_above_1000_yuan(self):
        client, code = self.client(), self.user()["auth_code"]
        with self.assertRaises(WeChatPayException) as caught:
            client.micropay.create("茶", 100001, code, "127.0.0.1", "py-quick-2")
        self.assertEqual(caught.exception.errcode, "USERPAYING")
        self.assertEqual(client.micropay.query(out_trade_no="py-quick-2")["trade_state"], "USERPAYING")
        told = self.server.get("/sandbox/v1/messages?limit=1&user=" + self.user()["id"])["messages"][0]
        self.pay(told["prepay_id"])
        self.assertEqual(client.micropay.query(out_trade_no="py-quick-2")["trade_state"], "SUCCESS")

    def test_refusals_have_their_codes(self):
        client = self.client()
        self.ordered(client, "py-order-1")
        client.order.close("py-order-1")
        with self.assertRaises(WeChatPayException) as caught:
            self.ordered(client, "py-order-1")
        self.assertEqual(caught.exception.errcode, "ORDERCLOSED")
        client.api_key = "0" * 32
        with self.assertRaises(WeChatPayException) as caught:
            self.ordered(client, "py-order-2")
        self.assertIn("SIGNERROR", caught.exception.errmsg or str(caught.exception))

    def test_the_sandbox_that_the_client_has_built_in(self):
        client = self.client(sandbox=True)
        placed = self.ordered(client, "py-order-1")
        self.pay(placed["prepay_id"])
        _, body = self.receiver.pushes.get(timeout=10)
        self.assertEqual(client.parse_payment_result(body)["out_trade_no"], "py-order-1")


if __name__ == "__main__":
    unittest.main()
