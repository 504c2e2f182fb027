package com.tencent.mm.opensdk.openapi;

import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;
import android.net.Uri;
import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbiz.ChooseCardFromWXCardPackage;
import com.tencent.mm.opensdk.modelbiz.WXInvoiceAuthInsert;

/** A page that a request opens. */
final class Page {
    /** The manifest's meta-data that holds the server's address, {@code https://…}: only the picker needs it. */
    static final String SERVER = "kaipiao.server";

    final Uri address;

    /** The link that says that the user has left it. */
    final Uri leftBy;

    private Page(Uri address, Uri leftBy) {
        this.address = address;
        this.leftBy = leftBy;
    }

    /** There is no page for a request, for this reason. */
    static final class Unknown extends Exception {
        private static final long serialVersionUID = 1;

        Unknown(String why) {
            super(why);
        }
    }

    static Page of(BaseReq request, String appId, Context context) throws Unknown {
        if (request instanceof WXInvoiceAuthInsert.Req) {
            return authorization((WXInvoiceAuthInsert.Req) request, appId);
        }
        if (request instanceof ChooseCardFromWXCardPackage.Req) {
            return picker((ChooseCardFromWXCardPackage.Req) request, appId, server(context));
        }
        throw new Unknown("there is no page for " + request.getClass().getName());
    }

    private static Page authorization(WXInvoiceAuthInsert.Req request, String appId)
            throws Unknown {
        Uri address = ofTheWeb(request.url, "url");
        return new Page(address, WayBack.leftOrder(appId, address.getQueryParameter("o1")));
    }

    private static Page picker(ChooseCardFromWXCardPackage.Req request, String appId, Uri server)
            throws Unknown {
        if (!request.appId.equals(appId)) {
            throw new Unknown("the picker answers the app " + request.appId + ", and this is " + appId);
        }
        Uri address =
                server.buildUpon()
                        .appendEncodedPath("open/choose-invoice")
                        .appendQueryParameter("appid", request.appId)
                        .appendQueryParameter("timestamp", request.timeStamp)
                        .appendQueryParameter("nonceStr", request.nonceStr)
                        .appendQueryParameter("signType", request.signType)
                        .appendQueryParameter("cardSign", request.cardSign)
                        .appendQueryParameter("source", "app")
                        .build();
        return new Page(address, WayBack.leftPicker(appId));
    }

    private static Uri server(Context context) throws Unknown {
        try {
            PackageManager packages = context.getPackageManager();
            ApplicationInfo app =
                    packages.getApplicationInfo(context.getPackageName(), PackageManager.GET_META_DATA);
            String address = app.metaData == null ? null : app.metaData.getString(SERVER);
            if (address != null) {
                return ofTheWeb(address, SERVER);
            }
        } catch (PackageManager.NameNotFoundException own) {
            throw new IllegalStateException("an app's own package is there", own);
        }
        throw new Unknown("the manifest lacks the meta-data " + SERVER + ", the server's address");
    }

    private static Uri ofTheWeb(String text, String name) throws Unknown {
        Uri address = Uri.parse(text);
        boolean isWeb = "https".equals(address.getScheme()) || "http".equals(address.getScheme());
        if (!isWeb || address.getHost() == null || address.getHost().isEmpty()) {
            throw new Unknown(name + " must be an address of the web, https://…");
        }
        return address;
    }
}
