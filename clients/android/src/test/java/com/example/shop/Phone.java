package com.example.shop;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** The user with a browser, and the shop's own server: both beside a real Kaipiao (tests/kits). */
public final class Phone {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final String base;

    private Phone(String base) {
        this.base = base;
    }

    /** The one that the test run has started. */
    public static Phone ofTheRun() {
        String base = System.getenv("KAIPIAO_PHONE");
        if (base == null) {
            throw new AssertionError(
                    "KAIPIAO_PHONE is not set: run cargo xtask kits");
        }
        return new Phone(base);
    }

    /** An order that the shop's server has asked getauthurl for, with a page of this type. */
    static final class Order {
        final String id;
        final String authUrl;

        Order(JSONObject answer) throws JSONException {
            id = answer.getString("order_id");
            authUrl = answer.getString("auth_url");
        }
    }

    Order order(int pageType) throws JSONException {
        return new Order(json("/auth_url?type=" + pageType));
    }

    /** An order that somebody else has answered by now. */
    Order takenOrder() throws JSONException {
        return new Order(json("/auth_url?type=1&taken=1"));
    }

    /** The link by which the page leads back, once the user has tapped. */
    String open(String address, String tap) {
        HttpResponse<String> answer = get("/open?url=" + encoded(address) + "&tap=" + tap);
        return body(answer);
    }

    /** getauthdata's answer to the shop's server. */
    public JSONObject status(String orderId) {
        return json("/status?order_id=" + encoded(orderId));
    }

    /** The push of an order; null: none has come. */
    String push(String orderId) {
        HttpResponse<String> answer = get("/push?order_id=" + encoded(orderId));
        return answer.statusCode() == 404 ? null : body(answer);
    }

    /** What the shop's server lets the app open the picker with. */
    JSONObject cardSign() {
        return json("/card_sign");
    }

    /** getinvoiceinfo's answer to the shop's server, of the first that was chosen. */
    public JSONObject firstInvoice(String cardItemList) {
        try {
            JSONObject card = new JSONArray(cardItemList).getJSONObject(0);
            String cardId = encoded(card.getString("card_id"));
            String code = encoded(card.getString("encrypt_code"));
            return json("/invoice?card_id=" + cardId + "&encrypt_code=" + code);
        } catch (JSONException unreadable) {
            throw new AssertionError(cardItemList, unreadable);
        }
    }

    private JSONObject json(String target) {
        String text = body(get(target));
        try {
            return new JSONObject(text);
        } catch (JSONException unreadable) {
            throw new AssertionError(text, unreadable);
        }
    }

    private static String body(HttpResponse<String> answer) {
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private HttpResponse<String> get(String target) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + target)).build();
        try {
            return CLIENT.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(target, failed);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
