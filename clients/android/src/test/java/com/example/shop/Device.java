package com.example.shop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.app.Application;
import android.content.ComponentName;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageInfo;
import android.net.Uri;
import android.os.Bundle;
import android.os.Looper;
import com.example.shop.wxapi.WXEntryActivity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import javax.xml.parsers.DocumentBuilderFactory;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadows.ShadowPackageManager;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** A device with a browser, where the app is installed as its manifest says. */
final class Device {
    static final Path MANIFEST = Path.of("src/test/AndroidManifest.xml");

    private static final ComponentName BROWSER = new ComponentName("com.example.browser", "Browser");
    private static final String ANDROID = "http://schemas.android.com/apk/res/android";

    private final Application application = RuntimeEnvironment.getApplication();
    private final ShadowPackageManager packages = shadowOf(application.getPackageManager());

    /** What a link has opened last. */
    private ActivityController<WXEntryActivity> entry;

    /** @param server the manifest's meta-data; null: it has none */
    Device(String server) throws Exception {
        shadowOf(application).checkActivities(true);
        packages.addActivityIfNotPresent(BROWSER);
        for (String scheme : new String[] {"http", "https"}) {
            IntentFilter pages = new IntentFilter(Intent.ACTION_VIEW);
            pages.addCategory(Intent.CATEGORY_DEFAULT);
            pages.addCategory(Intent.CATEGORY_BROWSABLE);
            pages.addDataScheme(scheme);
            packages.addIntentFilterForActivity(BROWSER, pages);
        }
        install(server);
    }

    /** Takes the browser off it. */
    void removeBrowser() {
        packages.removeActivity(BROWSER);
    }

    /** Takes what links back open off the app. */
    void removeEntry() {
        String name = WXEntryActivity.class.getName();
        packages.removeActivity(new ComponentName(application.getPackageName(), name));
    }

    private void install(String server) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Element manifest =
                factory.newDocumentBuilder().parse(MANIFEST.toFile()).getDocumentElement();
        String ofSources = manifest.getAttribute("package");
        for (Element activity : children(manifest, "activity")) {
            String name = ofSources + activity.getAttributeNS(ANDROID, "name");
            ComponentName component = new ComponentName(application.getPackageName(), name);
            packages.addActivityIfNotPresent(component);
            for (Element filter : children(activity, "intent-filter")) {
                packages.addIntentFilterForActivity(component, filter(filter));
            }
        }
        Bundle metaData = new Bundle();
        Element named = children(manifest, "meta-data").get(0);
        metaData.putString(named.getAttributeNS(ANDROID, "name"), server);
        PackageInfo app = packages.getInternalMutablePackageInfo(application.getPackageName());
        app.applicationInfo.metaData = server == null ? null : metaData;
    }

    private static List<Element> children(Element of, String name) {
        NodeList found = of.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static IntentFilter filter(Element written) {
        IntentFilter filter = new IntentFilter();
        for (Element action : children(written, "action")) {
            filter.addAction(action.getAttributeNS(ANDROID, "name"));
        }
        for (Element category : children(written, "category")) {
            filter.addCategory(category.getAttributeNS(ANDROID, "name"));
        }
        for (Element data : children(written, "data")) {
            filter.addDataScheme(data.getAttributeNS(ANDROID, "scheme"));
            filter.addDataAuthority(data.getAttributeNS(ANDROID, "host"), null);
        }
        return filter;
    }

    /** Starts the app at its order's page. */
    ActivityController<OrderActivity> start() {
        return Robolectric.buildActivity(OrderActivity.class).create().start().resume();
    }

    /** The page that the browser was told to open, which now stands before the app. */
    String page(ActivityController<?> app) {
        Intent started = shadowOf(application).getNextStartedActivity();
        assertNotNull("the app has opened a page", started);
        assertEquals(BROWSER, started.resolveActivity(application.getPackageManager()));
        app.pause().stop();
        return started.getDataString();
    }

    /** A link is tapped in the browser: the activity that opens. */
    WXEntryActivity tap(String link) {
        Intent intent = new Intent(Intent.ACTION_VIEW, Uri.parse(link));
        return entry(intent.addCategory(Intent.CATEGORY_BROWSABLE));
    }

    /** What the app opens by itself, once its user is back. */
    WXEntryActivity opensByItself() {
        return entry(shadowOf(application).getNextStartedActivity());
    }

    /** The link that the app opens by itself. */
    String opensLink() {
        Intent started = shadowOf(application).getNextStartedActivity();
        assertNotNull("an activity is started", started);
        return started.getDataString();
    }

    private WXEntryActivity entry(Intent intent) {
        assertNotNull("an activity is started", intent);
        ComponentName opens = intent.resolveActivity(application.getPackageManager());
        assertNotNull("something takes " + intent, opens);
        assertEquals(WXEntryActivity.class.getName(), opens.getClassName());
        entry = Robolectric.buildActivity(WXEntryActivity.class, intent).create().start().resume();
        waitForTheServer();
        return entry.get();
    }

    /** Another link is tapped while the activity that the last one has opened still lives: it is singleTask. */
    WXEntryActivity tapAgain(String link) {
        entry.pause().newIntent(new Intent(Intent.ACTION_VIEW, Uri.parse(link))).resume();
        waitForTheServer();
        return entry.get();
    }

    /** Until the app has shown what it has asked its server. */
    void waitForTheServer() {
        try {
            Backend.THREAD.submit(() -> {}).get();
        } catch (InterruptedException | ExecutionException failed) {
            throw new AssertionError(failed);
        }
        shadowOf(Looper.getMainLooper()).idle();
    }

    void opensNothing() {
        assertNull(shadowOf(application).getNextStartedActivity());
    }
}
