package com.tencent.mm.opensdk.openapi;

import android.net.Uri;
import com.tencent.mm.opensdk.modelbase.BaseResp;
import com.tencent.mm.opensdk.modelbase.BaseResp.ErrCode;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;

/** Links that lead back to the app: {@code <appid>://<page>?errCode=<code>&…} (D-95). */
final class WayBack {
    private static final String AUTHORIZATION = "invoice";
    private static final String PICKER = "choose-invoice";
    private static final String ERR_CODE = "errCode";
    private static final String ORDER = "wxOrderId";

    private WayBack() {}

    /** What a link answers; null: it is of no page. */
    static BaseResp read(Uri link) {
        if (AUTHORIZATION.equals(link.getHost())) {
            return read(link, authorization(link));
        }
        if (PICKER.equals(link.getHost())) {
            return read(link, picker(link));
        }
        return null;
    }

    private static BaseResp authorization(Uri link) {
        WXInvoiceAuthInsert.Resp answer = new WXInvoiceAuthInsert.Resp();
        answer.wxOrderId = link.getQueryParameter(ORDER);
        return answer;
    }

    private static BaseResp picker(Uri link) {
        ChooseCardFromWXCardPackage.Resp answer = new ChooseCardFromWXCardPackage.Resp();
        answer.cardItemList = link.getQueryParameter("choose_invoice_info");
        return answer;
    }

    /** An answer with its code; where that or what it needs is unreadable, it is an error that has no code of its own. */
    private static BaseResp read(Uri link, BaseResp answer) {
        answer.errCode = code(link.getQueryParameter(ERR_CODE));
        answer.errStr = link.getQueryParameter("errStr");
        if (!answer.checkArgs()) {
            answer.errCode = ErrCode.ERR_COMM;
        }
        return answer;
    }

    private static int code(String text) {
        for (int known = ErrCode.ERR_UNSUPPORT; known <= ErrCode.ERR_OK; known++) {
            if (Integer.toString(known).equals(text)) {
                return known;
            }
        }
        return ErrCode.ERR_COMM;
    }

    /** The link of an authorization page that was left. */
    static Uri leftOrder(String appId, String order) {
        Uri.Builder link = left(appId, AUTHORIZATION);
        return (order == null ? link : link.appendQueryParameter(ORDER, order)).build();
    }

    /** The link of a picker that was left. */
    static Uri leftPicker(String appId) {
        return left(appId, PICKER).build();
    }

    private static Uri.Builder left(String appId, String page) {
        String code = Integer.toString(ErrCode.ERR_USER_CANCEL);
        return new Uri.Builder().scheme(appId).authority(page).appendQueryParameter(ERR_CODE, code);
    }

    /** Whether two links answer the same page, whatever they say of it. */
    static boolean isOfSamePage(Uri one, Uri other) {
        return identity(one).equals(identity(other));
    }

    private static String identity(Uri link) {
        return link.getScheme() + "://" + link.getHost() + "?" + link.getQueryParameter(ORDER);
    }
}
