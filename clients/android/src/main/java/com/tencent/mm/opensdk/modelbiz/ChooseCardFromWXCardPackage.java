package com.tencent.mm.opensdk.modelbiz;

import com.tencent.mm.opensdk.constants.ConstantsAPI;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;

/** The picker: the user chooses invoices for the app's company, which reimburses them (wire_facts 1.2). */
public final class ChooseCardFromWXCardPackage {
    private ChooseCardFromWXCardPackage() {}

    /** Opens the picker. */
    public static class Req extends BaseReq {
        /** The {@link #cardType} of invoices; other cards are not kept here. */
        public static final String INVOICE = "INVOICE";

        private static final String SHA1 = "SHA1";

        /** The app's own appid. */
        public String appId;

        /** {@link #INVOICE}. */
        public String cardType;

        /** Unix seconds, as in the signature. */
        public String timeStamp;

        /** As in the signature. */
        public String nonceStr;

        /** {@code SHA1}. */
        public String signType;

        /** The company's server makes it with its wx_card ticket. */
        public String cardSign;

        /** Of no effect: a shop. */
        public String locationId;

        /** Of no effect: a card's template. */
        public String cardId;

        /** Of no effect: users may always choose several. */
        public String canMultiSelect;

        @Override
        public int getType() {
            return ConstantsAPI.COMMAND_CHOOSE_CARD_FROM_EX_CARD_PACKAGE;
        }

        @Override
        public boolean checkArgs() {
            boolean isSigned = isThere(timeStamp) && isThere(nonceStr) && isThere(cardSign);
            return isThere(appId) && INVOICE.equals(cardType) && SHA1.equals(signType) && isSigned;
        }
    }

    /** What was chosen. */
    public static class Resp extends BaseResp {
        /**
         * JSON text: a list of {@code {"card_id","encrypt_code","app_id"}}, as the company's server hands them to
         * getinvoiceinfo. Null unless errCode is 0.
         */
        public String cardItemList;

        @Override
        public int getType() {
            return ConstantsAPI.COMMAND_CHOOSE_CARD_FROM_EX_CARD_PACKAGE;
        }

        @Override
        public boolean checkArgs() {
            return errCode != ErrCode.ERR_OK || isThere(cardItemList);
        }
    }

    private static boolean isThere(String text) {
        return text != null && !text.isEmpty();
    }
}
