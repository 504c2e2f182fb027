package com.tencent.mm.opensdk.modelbase;

import android.os.Bundle;

/**
 * How a request has ended, as the link says by which the user came back. Any page can open such a link, and a user need
 * not come back at all: ask your server before you act on it.
 */
public abstract class BaseResp {
    /** One of {@link ErrCode}. */
    public int errCode;

    /** What went wrong, for developers; null where nothing more is known. */
    public String errStr;

    /** The request's; null if it is no longer known. */
    public String transaction;

    /** Always null: no link back names the user. */
    public String openId;

    /** One of {@link com.tencent.mm.opensdk.constants.ConstantsAPI}. */
    public abstract int getType();

    /** Whether all that an answer of its errCode needs is there. */
    public abstract boolean checkArgs();

    /** Writes its members, for an app that hands an answer on to a page of its own. */
    public void toBundle(Bundle bundle) {
        bundle.putInt("_wxapi_command_type", getType());
        bundle.putInt("_wxapi_baseresp_errcode", errCode);
        bundle.putString("_wxapi_baseresp_errstr", errStr);
        bundle.putString("_wxapi_baseresp_transaction", transaction);
        bundle.putString("_wxapi_baseresp_openId", openId);
    }

    /** Reads what toBundle has written. */
    public void fromBundle(Bundle bundle) {
        errCode = bundle.getInt("_wxapi_baseresp_errcode");
        errStr = bundle.getString("_wxapi_baseresp_errstr");
        transaction = bundle.getString("_wxapi_baseresp_transaction");
        openId = bundle.getString("_wxapi_baseresp_openId");
    }

    /** Values of {@link BaseResp#errCode}. */
    public interface ErrCode {
        /** Done: authorized, or chosen. */
        int ERR_OK = 0;

        /** Anything that has no value of its own. */
        int ERR_COMM = -1;

        /** The user has left the page without an answer. */
        int ERR_USER_CANCEL = -2;

        /** The request could not be sent. */
        int ERR_SENT_FAILED = -3;

        /** The user has declined. */
        int ERR_AUTH_DENIED = -4;

        /** Not supported. */
        int ERR_UNSUPPORT = -5;
    }
}
