package com.tencent.mm.opensdk.constants;

/** What {@code getType()} answers. */
public interface ConstantsAPI {
    /** The picker of invoices. */
    int COMMAND_CHOOSE_CARD_FROM_EX_CARD_PACKAGE = 16;

    /** The authorization page. */
    int COMMAND_INVOICE_AUTH_INSERT = 20;
}
