package com.tencent.mm.opensdk.modelbase;

import android.os.Bundle;

/** A request of the app: which page is to be opened, and what for. */
public abstract class BaseReq {
    /** Any text of the app's own; the answer has it again, unless the app was restarted meanwhile. */
    public String transaction;

    /** Of no effect: the user logs in on the page. */
    public String openId;

    /** One of {@link com.tencent.mm.opensdk.constants.ConstantsAPI}. */
    public abstract int getType();

    /** Whether all that is required is there and well-formed; a request that is not is never sent. */
    public abstract boolean checkArgs();

    /** Writes its members, for an app that keeps a request for later; the kit itself does not read them. */
    public void toBundle(Bundle bundle) {
        bundle.putInt("_wxapi_command_type", getType());
        bundle.putString("_wxapi_basereq_transaction", transaction);
        bundle.putString("_wxapi_basereq_openid", openId);
    }

    /** Reads what toBundle has written. */
    public void fromBundle(Bundle bundle) {
        transaction = bundle.getString("_wxapi_basereq_transaction");
        openId = bundle.getString("_wxapi_basereq_openid");
    }
}
