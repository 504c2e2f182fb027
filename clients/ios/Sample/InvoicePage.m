#import "InvoicePage.h"

@implementation InvoicePage

@synthesize orderId = _orderId;
@synthesize authUrl = _authUrl;
@synthesize message = _message;
@synthesize status = _status;

- (id)initWithBackend:(id<MerchantBackend>)backend
{
    self = [super init];
    if (self != nil) {
        _backend = [backend retain];
    }
    return self;
}

- (void)dealloc
{
    [_backend release];
    [_orderId release];
    [_authUrl release];
    [_message release];
    [_status release];
    [super dealloc];
}

- (BOOL)requestInvoice
{
    // 1: the link of the order, from the backend.
    NSDictionary *order = [_backend authUrl];
    self.orderId = [order objectForKey:@"order_id"];
    self.authUrl = [order objectForKey:@"auth_url"];
    // 2: the user goes to its page.
    WXInvoiceAuthInsertReq *req = [[WXInvoiceAuthInsertReq alloc] init];
    req.urlString = self.authUrl;
    BOOL isOpened = [WXApi sendReq:req];
    [req release];
    return isOpened;
}

- (void)askBackend
{
    // 6: at "auth success" the backend has the invoicing platform issue the invoice.
    self.status = [_backend invoiceStatusOfOrder:self.orderId];
}

// 3 happens elsewhere: the merchant's Official Account is pushed what the user has decided.

- (void)onResp:(BaseResp *)resp
{
    if ([resp isKindOfClass:[WXInvoiceAuthInsertResp class]]) {
        WXInvoiceAuthInsertResp *wxResp = (WXInvoiceAuthInsertResp *)resp;
        NSString *strMsg = [NSString stringWithFormat:@"errcode: %d orderid:%@", wxResp.errCode, wxResp.wxOrderId];
        self.message = strMsg;
        // 4: what counts is what the backend knows.
        [self askBackend];
    }
}

- (void)appear
{
    // 5: the user may be back without an answer, even after the app was ended.
    if (self.orderId != nil) {
        [self askBackend];
    }
}

@end
