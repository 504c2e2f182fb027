package com.tencent.mm.opensdk.modelbiz;

import android.os.Bundle;
import com.tencent.mm.opensdk.constants.ConstantsAPI;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;

/** The authorization page of an order (section 5 of the contract). */
public final class WXInvoiceAuthInsert {
    private WXInvoiceAuthInsert() {}

    /** Opens the page. */
    public static class Req extends BaseReq {
        /** Longest {@link #url}, in characters. */
        private static final int URL_LIMIT = 10_240;

        /** getauthurl's {@code auth_url} of source {@code app}; its order is the answer's. */
        public String url;

        @Override
        public int getType() {
            return ConstantsAPI.COMMAND_INVOICE_AUTH_INSERT;
        }

        @Override
        public boolean checkArgs() {
            return url != null && !url.isEmpty() && url.length() <= URL_LIMIT;
        }

        @Override
        public void toBundle(Bundle bundle) {
            super.toBundle(bundle);
            bundle.putString("_wxapi_invoice_auth_insert_req_url", url);
        }

        @Override
        public void fromBundle(Bundle bundle) {
            super.fromBundle(bundle);
            url = bundle.getString("_wxapi_invoice_auth_insert_req_url");
        }
    }

    /** What the page was left with. */
    public static class Resp extends BaseResp {
        /** The order: {@code order_id} of getauthurl. */
        public String wxOrderId;

        @Override
        public int getType() {
            return ConstantsAPI.COMMAND_INVOICE_AUTH_INSERT;
        }

        @Override
        public boolean checkArgs() {
            return errCode != ErrCode.ERR_OK || (wxOrderId != null && !wxOrderId.isEmpty());
        }

        @Override
        public void toBundle(Bundle bundle) {
            super.toBundle(bundle);
            bundle.putString("_wxapi_invoice_auth_insert_order_id", wxOrderId);
        }

        @Override
        public void fromBundle(Bundle bundle) {
            super.fromBundle(bundle);
            wxOrderId = bundle.getString("_wxapi_invoice_auth_insert_order_id");
        }
    }
}
