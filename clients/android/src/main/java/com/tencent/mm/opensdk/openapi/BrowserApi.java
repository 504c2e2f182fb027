package com.tencent.mm.opensdk.openapi;

import android.app.Application;
import android.content.ActivityNotFoundException;
import android.content.Context;
import android.content.Intent;
import android.net.Uri;
import android.util.Log;
import com.tencent.mm.opensdk.constants.Build;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;
import java.util.regex.Pattern;

/** Opens the pages in the phone's browser, from which links of the app's own scheme lead back. */
final class BrowserApi implements IWXAPI {
    /** Also the app's scheme, so that case matters. */
    private static final Pattern APP_ID = Pattern.compile("wx[0-9a-f]{16}");

    private final Application application;

    /** Null: nobody's. */
    private volatile String appId;

    BrowserApi(Context context) {
        application = (Application) context.getApplicationContext();
    }

    @Override
    public boolean registerApp(String appId) {
        if (appId == null || !APP_ID.matcher(appId).matches()) {
            return no("an appid is wx and 16 hexadecimal digits in lower case, not " + appId);
        }
        this.appId = appId;
        return true;
    }

    @Override
    public boolean registerApp(String appId, long ignored) {
        return registerApp(appId);
    }

    @Override
    public void unregisterApp() {
        appId = null;
    }

    @Override
    public void detach() {
        appId = null;
    }

    @Override
    public boolean isWXAppInstalled() {
        Intent anyPage = browsing(Uri.parse("https://localhost/"));
        return anyPage.resolveActivity(application.getPackageManager()) != null;
    }

    @Override
    public int getWXAppSupportAPI() {
        return isWXAppInstalled() ? Build.INVOICE_AUTH_INSERT_SDK_INT : 0;
    }

    @Override
    public boolean openWXApp() {
        return no("pages open in the browser: there is no WeChat to go to");
    }

    @Override
    public boolean sendResp(BaseResp resp) {
        return no("nothing has asked this app, so that nobody waits for its answer");
    }

    @Override
    public boolean sendReq(BaseReq req) {
        if (appId == null) {
            return no("registerApp was not called with an appid");
        }
        if (req == null || !req.checkArgs()) {
            return no("a member of the request is missing or malformed");
        }
        Page page;
        try {
            page = Page.of(req, appId, application);
        } catch (Page.Unknown unknown) {
            return no(unknown.getMessage());
        }
        OpenedPage earlier = OpenedPage.begin(application, page, req.transaction);
        try {
            // A task of its own: when WXEntryActivity is finished, the app is there again and not the page.
            application.startActivity(browsing(page.address).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK));
            return true;
        } catch (ActivityNotFoundException nothing) {
            OpenedPage.goOn(earlier);
            return no("nothing on this phone opens pages: " + nothing.getMessage());
        }
    }

    @Override
    public boolean handleIntent(Intent intent, IWXAPIEventHandler handler) {
        Uri link = intent == null ? null : intent.getData();
        if (link == null || appId == null || !appId.equals(link.getScheme())) {
            return false;
        }
        BaseResp answer = WayBack.read(link);
        if (answer == null) {
            return no("links to " + link.getHost() + " answer nothing");
        }
        answer.transaction = OpenedPage.end(link);
        handler.onResp(answer);
        return true;
    }

    static Intent browsing(Uri address) {
        return new Intent(Intent.ACTION_VIEW, address).addCategory(Intent.CATEGORY_BROWSABLE);
    }

    /** Says why, to the app's developers. */
    static boolean no(String why) {
        Log.w("Kaipiao", why);
        return false;
    }
}
