package com.tencent.mm.opensdk.modelbiz;

import android.os.Bundle;
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

        @Override
        public void toBundle(Bundle bundle) {
            super.toBundle(bundle);
            bundle.putString("_wxapi_choose_card_from_wx_card_app_id", appId);
            bundle.putString("_wxapi_choose_card_from_wx_card_card_type", cardType);
            bundle.putString("_wxapi_choose_card_from_wx_card_time_stamp", timeStamp);
            bundle.putString("_wxapi_choose_card_from_wx_card_nonce_str", nonceStr);
            bundle.putString("_wxapi_choose_card_from_wx_card_sign_type", signType);
            bundle.putString("_wxapi_choose_card_from_wx_card_card_sign", cardSign);
            bundle.putString("_wxapi_choose_card_from_wx_card_location_id", locationId);
            bundle.putString("_wxapi_choose_card_from_wx_card_card_id", cardId);
            bundle.putString("_wxapi_choose_card_from_wx_card_can_multi_select", canMultiSelect);
        }

        @Override
        public void fromBundle(Bundle bundle) {
            super.fromBundle(bundle);
            appId = bundle.getString("_wxapi_choose_card_from_wx_card_app_id");
            cardType = bundle.getString("_wxapi_choose_card_from_wx_card_card_type");
            timeStamp = bundle.getString("_wxapi_choose_card_from_wx_card_time_stamp");
            nonceStr = bundle.getString("_wxapi_choose_card_from_wx_card_nonce_str");
            signType = bundle.getString("_wxapi_choose_card_from_wx_card_sign_type");
            cardSign = bundle.getString("_wxapi_choose_card_from_wx_card_card_sign");
            locationId = bundle.getString("_wxapi_choose_card_from_wx_card_location_id");
            cardId = bundle.getString("_wxapi_choose_card_from_wx_card_card_id");
            canMultiSelect = bundle.getString("_wxapi_choose_card_from_wx_card_can_multi_select");
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

        @Override
        public void toBundle(Bundle bundle) {
            super.toBundle(bundle);
            bundle.putString("_wxapi_choose_card_from_wx_card_list", cardItemList);
        }

        @Override
        public void fromBundle(Bundle bundle) {
            super.fromBundle(bundle);
            cardItemList = bundle.getString("_wxapi_choose_card_from_wx_card_list");
        }
    }

    private static boolean isThere(String text) {
        return text != null && !text.isEmpty();
    }
}
