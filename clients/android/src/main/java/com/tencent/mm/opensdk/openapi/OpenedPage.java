package com.tencent.mm.opensdk.openapi;

import android.app.Activity;
import android.app.Application;
import android.content.ComponentName;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The page that the app has opened last, until it is answered or left. A browser tells nobody that its user has gone:
 * the app is in front again, and no answer came.
 */
final class OpenedPage implements Application.ActivityLifecycleCallbacks {
    /** None, once it has ended. It is lost with the process, and then nobody is told that the page was left. */
    private static final AtomicReference<OpenedPage> NEWEST = new AtomicReference<>();

    private final Application application;
    private final Page page;
    private final String transaction;

    /** The browser, or something else, stands before the app. */
    private boolean isCovered;

    private OpenedPage(Application application, Page page, String transaction) {
        this.application = application;
        this.page = page;
        this.transaction = transaction;
    }

    /** The page is to be opened; the answer is the earlier one, whose place it takes, or null. */
    static OpenedPage begin(Application application, Page page, String transaction) {
        return replace(new OpenedPage(application, page, transaction));
    }

    /** The page that was begun cannot be opened: the earlier one still waits for its answer. */
    static void goOn(OpenedPage earlier) {
        replace(earlier);
    }

    static void forget() {
        replace(null);
    }

    /** A link has answered a page: the transaction of its request, if it is the newest one. */
    static String end(Uri link) {
        OpenedPage opened = NEWEST.get();
        if (opened == null || !WayBack.isOfSamePage(opened.page.leftBy, link)) {
            return null;
        }
        replace(null);
        return opened.transaction;
    }

    private static OpenedPage replace(OpenedPage next) {
        OpenedPage last = NEWEST.getAndSet(next);
        if (last != null) {
            last.application.unregisterActivityLifecycleCallbacks(last);
        }
        if (next != null) {
            next.application.registerActivityLifecycleCallbacks(next);
        }
        return last;
    }

    @Override
    public void onActivityPaused(Activity activity) {
        isCovered = true;
    }

    @Override
    public void onActivityResumed(Activity activity) {
        if (!isCovered) {
            return;
        }
        Intent left = BrowserApi.browsing(page.leftBy).setPackage(application.getPackageName());
        ComponentName entry = left.resolveActivity(application.getPackageManager());
        if (entry == null) {
            forget();
            BrowserApi.no("no activity of the manifest takes links of " + page.leftBy.getScheme());
        } else if (!entry.equals(activity.getComponentName())) {
            application.unregisterActivityLifecycleCallbacks(this);
            activity.startActivity(left);
        }
    }

    @Override
    public void onActivityCreated(Activity activity, Bundle state) {}

    @Override
    public void onActivityStarted(Activity activity) {}

    @Override
    public void onActivityStopped(Activity activity) {}

    @Override
    public void onActivitySaveInstanceState(Activity activity, Bundle state) {}

    @Override
    public void onActivityDestroyed(Activity activity) {}
}
