package com.tencent.mm.opensdk.openapi;

import com.tencent.mm.opensdk.modelbase.BaseReq;
import com.tencent.mm.opensdk.modelbase.BaseResp;

/** Who is told of answers: the app's WXEntryActivity. */
public interface IWXAPIEventHandler {
    /** Never called: WeChat's own requests to an app have no page here. */
    void onReq(BaseReq req);

    /** How a request has ended. */
    void onResp(BaseResp resp);
}
