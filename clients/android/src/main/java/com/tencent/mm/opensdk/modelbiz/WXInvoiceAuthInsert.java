package com.tencent.mm.opensdk.modelbiz;

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
    }
}
