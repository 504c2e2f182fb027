package com.tencent.mm.opensdk.modelbase;

/** A request of the app: which page is to be opened, and what for. */
public abstract class BaseReq {
    /** Any text of the app's own; the answer has it again, unless the app was restarted meanwhile. */
    public String transaction;

    /** One of {@link com.tencent.mm.opensdk.constants.ConstantsAPI}. */
    public abstract int getType();

    /** Whether all that is required is there and well-formed; a request that is not is never sent. */
    public abstract boolean checkArgs();
}
