package com.tencent.mm.opensdk.openapi;

import android.content.Intent;
import com.tencent.mm.opensdk.modelbase.BaseReq;

/** What an app asks. Where the answer is false, the log says why, under the tag {@code Kaipiao}. */
public interface IWXAPI {
    /** Says whose the app is; false: that is no appid. */
    boolean registerApp(String appId);

    /** Takes it back. */
    void unregisterApp();

    /** Whether something on the phone opens pages: a browser, in the place of WeChat. */
    boolean isWXAppInstalled();

    /** Opens the request's page, in the browser; false: it is not opened, and no answer will come. */
    boolean sendReq(BaseReq req);

    /** Hands the handler what an intent answers; false: it is none of this app's answers. */
    boolean handleIntent(Intent intent, IWXAPIEventHandler handler);

    /** Ends this object: it opens and reads nothing from now on, unless registerApp is called again. */
    void detach();
}
