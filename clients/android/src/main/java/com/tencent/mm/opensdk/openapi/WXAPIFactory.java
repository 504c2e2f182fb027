package com.tencent.mm.opensdk.openapi;

import android.content.Context;

/** Where an app gets its {@link IWXAPI} from. */
public final class WXAPIFactory {
    private WXAPIFactory() {}

    /** @param appId null, if registerApp is to say it */
    public static IWXAPI createWXAPI(Context context, String appId) {
        return createWXAPI(context, appId, true);
    }

    /**
     * @param appId null, if registerApp is to say it
     * @param checkSignature of no effect: there is no app on the phone whose signature could be checked
     */
    public static IWXAPI createWXAPI(Context context, String appId, boolean checkSignature) {
        BrowserApi api = new BrowserApi(context);
        if (appId != null) {
            api.registerApp(appId);
        }
        return api;
    }
}
