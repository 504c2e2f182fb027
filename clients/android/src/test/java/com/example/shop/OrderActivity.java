package com.example.shop;

import android.annotation.Nullable;
import android.app.Activity;
import android.os.Bundle;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;
import com.tencent.mm.opensdk.openapi.IWXAPI;
import com.tencent.mm.opensdk.openapi.WXAPIFactory;
import org.json.JSONException;
import org.json.JSONObject;

/** The page of an order in the shop's app, with the buttons that ask for an invoice, or for invoices. */
public class OrderActivity extends Activity {
    static final String APP_ID = "wx6b61697069616f35";

    private IWXAPI api;

    @Override
    protected void onCreate(@Nullable Bundle savedInstanceState) {
        super.onCreate(savedInstanceState);
        api = WXAPIFactory.createWXAPI(this, APP_ID);
    }

    boolean askForInvoice(String authUrl) {
        WXInvoiceAuthInsert.Req request = new WXInvoiceAuthInsert.Req();
        request.url = authUrl;
        request.transaction = "from the order's page";
        return api.sendReq(request);
    }

    boolean askForInvoices(JSONObject signed) throws JSONException {
        ChooseCardFromWXCardPackage.Req request = new ChooseCardFromWXCardPackage.Req();
        request.appId = signed.getString("appid");
        request.cardType = "INVOICE";
        request.timeStamp = signed.getString("timestamp");
        request.nonceStr = signed.getString("nonceStr");
        request.signType = signed.getString("signType");
        request.cardSign = signed.getString("cardSign");
        request.canMultiSelect = "1";
        return api.sendReq(request);
    }
}
