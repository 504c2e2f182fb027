package com.example.shop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertTrue;

import android.os.Bundle;
import com.example.shop.Phone.Order;
import com.example.shop.wxapi.WXEntryActivity;
import com.tencent.mm.opensdk.constants.ConstantsAPI;
import com.tencent.mm.opensdk.modelbase.BaseResp;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;
import org.json.JSONObject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.android.controller.ActivityController;

/** The app opens the authorization page of a running server, and its user comes back, or does not. */
@RunWith(RobolectricTestRunner.class)
public class InvoiceFlowTest {
    private final Phone phone = Phone.ofTheRun();
    private final Device device;
    private final ActivityController<OrderActivity> app;

    public InvoiceFlowTest() throws Exception {
        device = new Device(null);
        app = device.start();
    }

    /** The user asks for the order's invoice, and taps so on its page. */
    private WXEntryActivity after(Order order, String tap) {
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        String page = device.page(app);
        assertEquals(order.authUrl, page);
        return device.tap(phone.open(page, tap));
    }

    private static void assertIs(int errCode, Order order, BaseResp answered) {
        WXInvoiceAuthInsert.Resp back = (WXInvoiceAuthInsert.Resp) answered;
        assertEquals(errCode, back.errCode);
        assertEquals(order.id, back.wxOrderId);
        assertEquals(ConstantsAPI.COMMAND_INVOICE_AUTH_INSERT, back.getType());
        assertEquals("from the order's page", back.transaction);
    }

    private void assertPushed(Order order, String element) {
        String push = phone.push(order.id);
        assertTrue(push, push.contains("<" + element + "><![CDATA[" + order.id + "]]>"));
    }

    @Test
    public void anAuthorizedOrderIsAnsweredAndKnownToTheServer() throws Exception {
        for (int pageType = 0; pageType <= 2; pageType++) {
            Order order = phone.order(pageType);
            WXEntryActivity entry = after(order, "authorize");
            assertIs(BaseResp.ErrCode.ERR_OK, order, entry.answered);
            assertEquals("auth success", entry.known.getString("invoice_status"));
            assertPushed(order, "SuccOrderId");
            assertTrue("its page leads back to the order's", entry.isFinishing());
            app.restart().resume();
            device.opensNothing();
        }
    }

    @Test
    public void aDeclinedOrderIsDenied() throws Exception {
        Order order = phone.order(1);
        WXEntryActivity entry = after(order, "decline");
        assertIs(BaseResp.ErrCode.ERR_AUTH_DENIED, order, entry.answered);
        assertEquals("never auth", entry.known.getString("invoice_status"));
        assertPushed(order, "FailOrderId");
    }

    @Test
    public void aUserWhoPutsItOffIsBackWithoutAnAnswer() throws Exception {
        Order order = phone.order(1);
        WXEntryActivity entry = after(order, "leave");
        assertIs(BaseResp.ErrCode.ERR_USER_CANCEL, order, entry.answered);
        assertEquals("never auth", entry.known.getString("invoice_status"));
        assertNull(phone.push(order.id));
    }

    @Test
    public void aBrowserThatIsClosedIsAPageThatWasLeft() throws Exception {
        Order order = phone.order(1);
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        String page = device.page(app);
        app.restart().resume();
        WXEntryActivity entry = device.opensByItself();
        assertIs(BaseResp.ErrCode.ERR_USER_CANCEL, order, entry.answered);
        assertEquals("never auth", entry.known.getString("invoice_status"));
        assertNull(phone.push(order.id));
        app.pause().resume();
        device.opensNothing();

        // The page is still there: the user goes back to it, and authorizes.
        WXEntryActivity late = device.tap(phone.open(page, "authorize"));
        WXInvoiceAuthInsert.Resp answered = (WXInvoiceAuthInsert.Resp) late.answered;
        assertEquals(BaseResp.ErrCode.ERR_OK, answered.errCode);
        assertEquals(order.id, answered.wxOrderId);
        assertNull(answered.transaction);
        assertEquals("auth success", late.known.getString("invoice_status"));
    }

    @Test
    public void aUserWhoseLinkIsLostFindsTheirOrderAuthorized() throws Exception {
        Order order = phone.order(1);
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        phone.open(device.page(app), "authorize");
        app.restart().resume();
        device.waitForTheServer();
        assertEquals("auth success", app.get().known.getString("invoice_status"));
        assertPushed(order, "SuccOrderId");
        // The kit cannot know: it says that the page was left, and the server is right.
        WXEntryActivity entry = device.opensByItself();
        assertIs(BaseResp.ErrCode.ERR_USER_CANCEL, order, entry.answered);
        assertEquals("auth success", entry.known.getString("invoice_status"));
    }

    @Test
    public void anAppThatWasEndedMeanwhileAsksForTheOrderThatWasOpen() throws Exception {
        Order order = phone.order(1);
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        phone.open(device.page(app), "authorize");
        Bundle state = new Bundle();
        app.saveInstanceState(state).destroy();
        ActivityController<OrderActivity> again = Robolectric.buildActivity(OrderActivity.class);
        again.create(state).start().resume();
        device.waitForTheServer();
        assertEquals("auth success", again.get().known.getString("invoice_status"));
    }

    @Test
    public void aLaterAnswerReachesTheActivityThatStillLives() throws Exception {
        Order order = phone.order(1);
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        String page = device.page(app);
        WXEntryActivity entry = device.tap(phone.open(page, "leave"));
        assertIs(BaseResp.ErrCode.ERR_USER_CANCEL, order, entry.answered);
        String link = phone.open(page, "authorize");
        assertSame(entry, device.tapAgain(link));
        assertEquals(BaseResp.ErrCode.ERR_OK, entry.answered.errCode);
        assertEquals("auth success", entry.known.getString("invoice_status"));
        assertEquals(link, entry.getIntent().getDataString());
    }

    @Test
    public void aPageThatNobodyCanAnswerIsAnError() throws Exception {
        Order order = phone.takenOrder();
        WXEntryActivity entry = after(order, "leave");
        assertIs(BaseResp.ErrCode.ERR_COMM, order, entry.answered);
    }

    @Test
    public void anAnswerThatDoesNotSayWhatIsAnError() throws Exception {
        Order order = phone.order(0);
        assertTrue(app.get().askForInvoice(order.id, order.authUrl));
        String link = phone.open(device.page(app), "authorize");
        for (String damaged :
                new String[] {
                    link.replace("errCode=0", "errCode=yes"),
                    link.replace("errCode=0", "errCode=7"),
                    link.replace("errCode=0&", ""),
                }) {
            WXInvoiceAuthInsert.Resp answered =
                    (WXInvoiceAuthInsert.Resp) device.tap(damaged).answered;
            assertEquals(damaged, BaseResp.ErrCode.ERR_COMM, answered.errCode);
            assertEquals(damaged, order.id, answered.wxOrderId);
        }
    }

    @Test
    public void chosenInvoicesComeBackWithWhatTheServerReadsThemBy() throws Exception {
        JSONObject signed = phone.cardSign();
        ActivityController<OrderActivity> app = new Device(signed.getString("server")).start();
        assertTrue(app.get().askForInvoices(signed));
        WXEntryActivity entry = device.tap(phone.open(device.page(app), "choose"));
        assertEquals(BaseResp.ErrCode.ERR_OK, entry.answered.errCode);
        assertEquals(
                ConstantsAPI.COMMAND_CHOOSE_CARD_FROM_EX_CARD_PACKAGE, entry.answered.getType());
        assertEquals(entry.known.toString(), 0, entry.known.getInt("errcode"));
        assertFalse(entry.known.getJSONObject("user_info").getString("billing_no").isEmpty());

        assertTrue(app.restart().resume().get().askForInvoices(signed));
        entry = device.tap(phone.open(device.page(app), "cancel"));
        assertEquals(BaseResp.ErrCode.ERR_USER_CANCEL, entry.answered.errCode);

        assertTrue(app.restart().resume().get().askForInvoices(signed));
        device.page(app);
        app.restart().resume();
        entry = device.opensByItself();
        assertEquals(BaseResp.ErrCode.ERR_USER_CANCEL, entry.answered.errCode);

        signed.put("cardSign", "ede1ecb8da09125b75951b92b9a296a4e27d5fd4");
        assertTrue(app.get().askForInvoices(signed));
        entry = device.tap(phone.open(device.page(app), "leave"));
        assertEquals(BaseResp.ErrCode.ERR_COMM, entry.answered.errCode);
        assertTrue(entry.answered.errStr, entry.answered.errStr.contains("invalid signature"));
    }
}
