package com.example.shop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import com.tencent.mm.opensdk.constants.Build;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;
import com.tencent.mm.opensdk.openapi.IWXAPI;
import com.tencent.mm.opensdk.openapi.IWXAPIEventHandler;
import com.tencent.mm.opensdk.openapi.WXAPIFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadows.ShadowLog;

/** What is sent and what is not, what is an answer and what is none. */
@RunWith(RobolectricTestRunner.class)
public class RequestTest {
    private static final String APP_ID = OrderActivity.APP_ID;
    private static final String SERVER = "https://invoices.example/base";
    private static final String PAGE = "https://invoices.example/bizmall/authinvoice?o1=A-1";

    private final Device device = new Device(SERVER);

    public RequestTest() throws Exception {}

    private static IWXAPI api(String appId) {
        return WXAPIFactory.createWXAPI(RuntimeEnvironment.getApplication(), appId);
    }

    private static BaseReq authorization(String url) {
        WXInvoiceAuthInsert.Req request = new WXInvoiceAuthInsert.Req();
        request.url = url;
        return request;
    }

    private static ChooseCardFromWXCardPackage.Req picker() {
        ChooseCardFromWXCardPackage.Req request = new ChooseCardFromWXCardPackage.Req();
        request.appId = APP_ID;
        request.cardType = "INVOICE";
        request.timeStamp = "1489030247";
        request.nonceStr = "p6N7 WOAF";
        request.signType = "SHA1";
        request.cardSign = "ede1ecb8da09125b75951b92b9a296a4e27d5fd4";
        return request;
    }

    private void assertNotSent(BaseReq request, String why) {
        assertNotSent(api(APP_ID), request, why);
    }

    private void assertNotSent(IWXAPI api, BaseReq request, String why) {
        ShadowLog.clear();
        assertFalse(api.sendReq(request));
        device.opensNothing();
        String logged = ShadowLog.getLogsForTag("Kaipiao").get(0).msg;
        assertTrue(logged, logged.contains(why));
    }

    @Test
    public void onlyPagesOfTheWebAreOpened() {
        for (String url : new String[] {null, "", PAGE + "&t1=" + "1".repeat(10_240)}) {
            assertNotSent(authorization(url), "missing or malformed");
        }
        assertNotSent(null, "missing or malformed");
        for (String url :
                new String[] {
                    "pages/auth/auth?o1=A-1",
                    "javascript:alert(1)",
                    "file:///sdcard/page.html",
                    "https://",
                    "https:?o1=A-1",
                }) {
            assertNotSent(authorization(url), "url must be an address of the web");
        }
        assertTrue(api(APP_ID).sendReq(authorization(PAGE)));
    }

    @Test
    public void anAppThatIsNobodysSendsNothing() {
        for (String appId : new String[] {null, "", "wxxxxxxxxxxx", "WX6B61697069616F35"}) {
            IWXAPI api = api(appId);
            assertFalse(api.registerApp(appId));
            assertFalse(api.registerApp(appId, 0));
            assertNotSent(api, authorization(PAGE), "registerApp");
        }
        IWXAPI api = api(null);
        assertTrue(api.registerApp(APP_ID, 0));
        assertTrue(api.sendReq(authorization(PAGE)));
        device.page(device.start());
        api.unregisterApp();
        assertNotSent(api, authorization(PAGE), "registerApp");
    }

    @Test
    public void thePickerIsTheServersOfTheManifest() throws Exception {
        assertTrue(api(APP_ID).sendReq(picker()));
        String picker =
                SERVER + "/open/choose-invoice?appid=" + APP_ID + "&timestamp=1489030247"
                        + "&nonceStr=p6N7%20WOAF&signType=SHA1"
                        + "&cardSign=ede1ecb8da09125b75951b92b9a296a4e27d5fd4&source=app";
        assertEquals(picker, device.page(device.start()));
        Device slash = new Device(SERVER + "/");
        assertTrue(api(APP_ID).sendReq(picker()));
        assertEquals(picker, slash.page(slash.start()));
        ChooseCardFromWXCardPackage.Req request = picker();
        request.cardSign = "";
        assertNotSent(request, "missing or malformed");
        request = picker();
        request.cardType = "GROUPON";
        assertNotSent(request, "missing or malformed");
        request = picker();
        for (String signType : new String[] {null, "", "MD5", "sha1"}) {
            request.signType = signType;
            assertNotSent(request, "missing or malformed");
        }
        request = picker();
        request.appId = "wx6b61697069616f31";
        assertNotSent(request, "wx6b61697069616f31");
    }

    @Test
    public void aManifestWithoutAServerHasNoPicker() throws Exception {
        new Device(null);
        assertNotSent(picker(), "lacks the meta-data kaipiao.server");
        new Device("invoices.example");
        assertNotSent(picker(), "kaipiao.server must be an address of the web");
    }

    @Test
    public void aPhoneWithoutABrowserOpensNothing() {
        assertTrue(api(APP_ID).isWXAppInstalled());
        assertTrue(api(APP_ID).getWXAppSupportAPI() >= Build.INVOICE_AUTH_INSERT_SDK_INT);
        device.removeBrowser();
        assertFalse(api(APP_ID).isWXAppInstalled());
        assertEquals(0, api(APP_ID).getWXAppSupportAPI());
        assertNotSent(authorization(PAGE), "nothing on this phone opens pages");
        // And nobody is told that it was left.
        device.start().pause().resume();
        device.opensNothing();
    }

    @Test
    public void theNewestPageIsTheOneThatIsLeft() {
        ActivityController<OrderActivity> app = device.start();
        assertTrue(app.get().askForInvoice(null, PAGE));
        device.page(app);
        assertTrue(app.get().askForInvoice(null, PAGE.replace("A-1", "A-2")));
        device.page(app);
        Answers answers = new Answers();
        Intent older = viewing(APP_ID + "://invoice?errCode=0&wxOrderId=A-1");
        assertTrue(api(APP_ID).handleIntent(older, answers));
        assertNull(answers.newest().transaction);
        app.restart().resume();
        Intent left = viewing(device.opensLink());
        assertTrue(api(APP_ID).handleIntent(left, answers));
        assertEquals(BaseResp.ErrCode.ERR_USER_CANCEL, answers.newest().errCode);
        assertEquals("A-2", ((WXInvoiceAuthInsert.Resp) answers.newest()).wxOrderId);
        assertEquals("from the order's page", answers.newest().transaction);
    }

    @Test
    public void aRequestThatFailsLeavesTheEarlierOneWaiting() {
        ActivityController<OrderActivity> app = device.start();
        assertTrue(app.get().askForInvoice(null, PAGE));
        device.page(app);
        device.removeBrowser();
        assertFalse(app.get().askForInvoice(null, PAGE.replace("A-1", "A-2")));
        app.restart().resume();
        Answers answers = new Answers();
        assertTrue(api(APP_ID).handleIntent(viewing(device.opensLink()), answers));
        assertEquals(BaseResp.ErrCode.ERR_USER_CANCEL, answers.newest().errCode);
        assertEquals("A-1", ((WXInvoiceAuthInsert.Resp) answers.newest()).wxOrderId);
        assertEquals("from the order's page", answers.newest().transaction);
    }

    @Test
    public void whereThereIsNoWeChatNothingIsOpenedOrAnswered() {
        IWXAPI api = api(APP_ID);
        assertFalse(api.openWXApp());
        assertFalse(api.sendResp(new WXInvoiceAuthInsert.Resp()));
        device.opensNothing();
    }

    @Test
    public void whatABundleHoldsIsReadAgain() {
        ChooseCardFromWXCardPackage.Req request = picker();
        request.transaction = "t";
        request.openId = "o";
        Bundle bundle = new Bundle();
        request.toBundle(bundle);
        ChooseCardFromWXCardPackage.Req again = new ChooseCardFromWXCardPackage.Req();
        again.fromBundle(bundle);
        assertTrue(again.checkArgs());
        assertEquals("t o", again.transaction + " " + again.openId);
        assertEquals(request.getType(), bundle.getInt("_wxapi_command_type"));
        bundle.clear();
        authorization(PAGE).toBundle(bundle);
        WXInvoiceAuthInsert.Req page = new WXInvoiceAuthInsert.Req();
        page.fromBundle(bundle);
        assertEquals(PAGE, page.url);

        WXInvoiceAuthInsert.Resp answer = new WXInvoiceAuthInsert.Resp();
        answer.errCode = BaseResp.ErrCode.ERR_AUTH_DENIED;
        answer.errStr = "why";
        answer.wxOrderId = "A-1";
        bundle.clear();
        answer.toBundle(bundle);
        WXInvoiceAuthInsert.Resp handedOn = new WXInvoiceAuthInsert.Resp();
        handedOn.fromBundle(bundle);
        assertEquals("-4 why A-1", handedOn.errCode + " " + handedOn.errStr + " " + handedOn.wxOrderId);
        ChooseCardFromWXCardPackage.Resp chosen = new ChooseCardFromWXCardPackage.Resp();
        chosen.cardItemList = "[]";
        bundle.clear();
        chosen.toBundle(bundle);
        ChooseCardFromWXCardPackage.Resp cards = new ChooseCardFromWXCardPackage.Resp();
        cards.fromBundle(bundle);
        assertEquals("[]", cards.cardItemList);
    }

    @Test
    public void anAppThatTakesNoLinksIsToldSoInTheLog() {
        device.removeEntry();
        ActivityController<OrderActivity> app = device.start();
        assertTrue(app.get().askForInvoice(null, PAGE));
        device.page(app);
        app.restart().resume();
        device.opensNothing();
        String logged = ShadowLog.getLogsForTag("Kaipiao").get(0).msg;
        assertTrue(logged, logged.contains("no activity of the manifest takes links of " + APP_ID));
    }

    /** What a handler was told. */
    private static final class Answers implements IWXAPIEventHandler {
        final List<BaseResp> told = new ArrayList<>();

        @Override
        public void onReq(BaseReq request) {
            throw new AssertionError("nobody asks an app");
        }

        @Override
        public void onResp(BaseResp answer) {
            told.add(answer);
        }

        BaseResp newest() {
            return told.get(told.size() - 1);
        }
    }

    @Test
    public void onlyTheAppsOwnLinksAreAnswers() {
        Answers handler = new Answers();
        IWXAPI api = api(APP_ID);
        assertFalse(api.handleIntent(null, handler));
        assertFalse(api.handleIntent(new Intent(), handler));
        for (String link :
                new String[] {
                    "wx6b61697069616f31://invoice?errCode=0&wxOrderId=A-1",
                    APP_ID + "://pay?errCode=0&wxOrderId=A-1",
                    APP_ID + ":invoice?errCode=0&wxOrderId=A-1",
                    PAGE,
                }) {
            assertFalse(link, api.handleIntent(viewing(link), handler));
        }
        assertTrue(handler.told.isEmpty());
        Intent own = viewing(APP_ID + "://invoice?errCode=0&wxOrderId=A%2F1%20%E5%8F%91%26%2B");
        assertTrue(api.handleIntent(own, handler));
        assertEquals("A/1 发&+", ((WXInvoiceAuthInsert.Resp) handler.newest()).wxOrderId);
        for (String bare : new String[] {"://invoice?errCode=0", "://choose-invoice?errCode=0"}) {
            assertTrue(api.handleIntent(viewing(APP_ID + bare), handler));
            assertEquals(BaseResp.ErrCode.ERR_COMM, handler.newest().errCode);
        }
        api.detach();
        assertFalse(api.handleIntent(own, handler));
    }

    private static Intent viewing(String link) {
        return new Intent(Intent.ACTION_VIEW, Uri.parse(link));
    }

    @Test
    public void bothReadmesShowTheManifestThatIsTested() throws Exception {
        String manifest = Files.readString(Device.MANIFEST);
        for (String readme : new String[] {"README.md", "README.zh-CN.md"}) {
            String shown = Files.readString(Path.of(readme));
            int start = shown.indexOf("```xml\n") + "```xml\n".length();
            assertEquals(readme, manifest, shown.substring(start, shown.indexOf("```", start)));
        }
    }
}
