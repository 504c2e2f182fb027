package com.example.shop;

import android.os.Handler;
import android.os.Looper;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import org.json.JSONObject;

/** What the app asks its own server: on a thread of its own, as Android wants it. Answers come on the main thread. */
public final class Backend {
    static final ExecutorService THREAD =
            Executors.newSingleThreadExecutor(
                    work -> {
                        Thread thread = new Thread(work, "backend");
                        thread.setDaemon(true);
                        return thread;
                    });

    private Backend() {}

    /** getauthdata of an order. */
    public static void status(String orderId, Consumer<JSONObject> show) {
        ask(server -> server.status(orderId), show);
    }

    /** getinvoiceinfo of the first invoice that was chosen. */
    public static void firstInvoice(String cardItemList, Consumer<JSONObject> show) {
        ask(server -> server.firstInvoice(cardItemList), show);
    }

    private static void ask(Function<Phone, JSONObject> question, Consumer<JSONObject> show) {
        Handler main = new Handler(Looper.getMainLooper());
        THREAD.execute(
                () -> {
                    JSONObject answer = question.apply(Phone.ofTheRun());
                    main.post(() -> show.accept(answer));
                });
    }
}
