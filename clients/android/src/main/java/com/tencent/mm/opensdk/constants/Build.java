package com.tencent.mm.opensdk.constants;

/** The versions that apps compare {@code IWXAPI.getWXAppSupportAPI()} with: of what this kit has. */
public final class Build {
    /** From this one on there is the picker of invoices. */
    public static final int CHOOSE_INVOICE_TILE_SUPPORT_SDK_INT = 0x25010000;

    /** From this one on there is the authorization page. */
    public static final int INVOICE_AUTH_INSERT_SDK_INT = 0x25010400;

    private Build() {}
}
