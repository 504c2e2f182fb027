package com.example.shop;

import android.app.Activity;
import android.os.Bundle;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;
import com.tencent.mm.opensdk.openapi.IWXAPI;
import com.tencent.mm.opensdk.openapi.WXAPIFactory;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * The page of an order in the shop's app, with the buttons that ask for an invoice, or for invoices. Whoever comes back to
 * it sees what the shop's server knows, whether or not a link has led them back (step 5 of the contract's note).
 */
public class OrderActivity extends Activity {
    static final String APP_ID = "wx6b61697069616f35";

    private static final String OPEN_ORDER = "open order";

    /** What the shop's server knows of the order; null: it was not asked, or has not answered. */
    JSONObject known;

    private IWXAPI api;

    /** The order whose invoice was asked for and is not known to be authorized; null: there is none. */
    private String openOrder;

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        super.onCreate(savedInstanceState);
        api = WXAPIFactory.createWXAPI(this, APP_ID);
        if (savedInstanceState != null) {
            openOrder = savedInstanceState.getString(OPEN_ORDER);
        }
    }

    @Override
    protected void onSaveInstanceState(Bundle outState) {
        super.onSaveInstanceState(outState);
        outState.putString(OPEN_ORDER, openOrder);
    }

    @Override
    protected void onResume() {
        super.onResume();
        if (openOrder != null) {
            Backend.status(openOrder, this::show);
        }
    }

    private void show(JSONObject status) {
        known = status;
        if ("auth success".equals(status.optString("invoice_status"))) {
            openOrder = null;
        }
    }

    boolean askForInvoice(String orderId, String authUrl) {
        openOrder = orderId;
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
