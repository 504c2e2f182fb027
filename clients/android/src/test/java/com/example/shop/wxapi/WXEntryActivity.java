package com.example.shop.wxapi;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.widget.Toast;
import com.example.shop.Backend;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;
import com.tencent.mm.opensdk.openapi.IWXAPI;
import com.tencent.mm.opensdk.openapi.IWXAPIEventHandler;
import com.tencent.mm.opensdk.openapi.WXAPIFactory;
import org.json.JSONObject;

/** Where the user comes back: with the calls of the contract's sample, in its order. */
public class WXEntryActivity extends Activity implements IWXAPIEventHandler {
    private static final String APP_ID = "wx6b61697069616f35";

    /** Null, while nothing has come back. */
    public BaseResp answered;

    /** What the shop's server knows of the answer's order, or of its invoice. */
    public JSONObject known;

    private IWXAPI api;

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        super.onCreate(savedInstanceState);
        api = WXAPIFactory.createWXAPI(this, APP_ID, true);
        api.handleIntent(getIntent(), this);
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        setIntent(intent);
        api.handleIntent(intent, this);
    }

    @Override
    public void onReq(BaseReq req) {
        throw new AssertionError("nobody asks an app");
    }

    @Override
    public void onResp(BaseResp resp) {
        answered = resp;
        if (resp.getClass().equals(WXInvoiceAuthInsert.Resp.class)) {
            WXInvoiceAuthInsert.Resp back = (WXInvoiceAuthInsert.Resp) resp;
            String text = "errCode " + back.errCode + ", order " + back.wxOrderId;
            Toast.makeText(getApplicationContext(), text, Toast.LENGTH_LONG).show();
            // Whatever the answer says, the server alone knows whether the user has authorized.
            Backend.status(back.wxOrderId, status -> known = status);
        } else if (resp.getClass().equals(ChooseCardFromWXCardPackage.Resp.class)) {
            ChooseCardFromWXCardPackage.Resp chosen = (ChooseCardFromWXCardPackage.Resp) resp;
            if (chosen.errCode == BaseResp.ErrCode.ERR_OK) {
                Backend.firstInvoice(chosen.cardItemList, invoice -> known = invoice);
            }
        }
        // The page of the order is in front again.
        finish();
    }
}
