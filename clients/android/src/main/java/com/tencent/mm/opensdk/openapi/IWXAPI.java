package com.tencent.mm.opensdk.openapi;

import android.content.Intent;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;

/** What an app asks. Where the answer is false, the log says why, under the tag {@code Kaipiao}. */
public interface IWXAPI {
    /** Says whose the app is; false: that is no appid. */
    boolean registerApp(String appId);

    /** The same; what else is handed over, a long of WeChat's own, has no effect. */
    boolean registerApp(String appId, long ignored);

    /** Takes it back. */
    void unregisterApp();

    /** Whether something on the phone opens pages: a browser, in the place of WeChat. */
    boolean isWXAppInstalled();

    /**
     * The version of WeChat that opens these pages: {@code Build.INVOICE_AUTH_INSERT_SDK_INT} of the package constants, or 0
     * where nothing opens pages. What else that version can, such as payments, is not here.
     */
    int getWXAppSupportAPI();

    /** Always false: there is no WeChat to go to. */
    boolean openWXApp();

    /** Opens the request's page, in the browser; false: it is not opened, and no answer will come. */
    boolean sendReq(BaseReq req);

    /** Always false: nothing asks an app, and so nothing waits for what it answers. */
    boolean sendResp(BaseResp resp);

    /** Hands the handler what an intent answers; false: it is none of this app's answers. */
    boolean handleIntent(Intent intent, IWXAPIEventHandler handler);

    /** Ends this object: it opens and reads nothing from now on, unless registerApp is called again. */
    void detach();
}
