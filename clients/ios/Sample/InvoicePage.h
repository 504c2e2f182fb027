/*
 * A page of a merchant's app, which asks for the invoice of an order: the flow of section 4's note, steps 1 to 6.
 */

#import "WXApi.h"

/* The app's own server, which alone has tokens. */
@protocol MerchantBackend <NSObject>
/* 1: getauthurl for source app. The members are order_id and auth_url. */
- (NSDictionary *)authUrl;
/* getauthdata's invoice_status. */
- (NSString *)invoiceStatusOfOrder:(NSString *)orderId;
@end

@interface InvoicePage : NSObject <WXApiDelegate>
{
@private
    id<MerchantBackend> _backend;
    NSString *_orderId;
    NSString *_authUrl;
    NSString *_message;
    NSString *_status;
}
/* The order; nil: none was asked for. */
@property (nonatomic, copy) NSString *orderId;
/* Its link. */
@property (nonatomic, copy) NSString *authUrl;
/* What the user reads of the answer; nil: none has come. */
@property (nonatomic, copy) NSString *message;
/* Where the order stands, as the backend knows it; nil: it was not asked. */
@property (nonatomic, copy) NSString *status;

/* The backend is kept. */
- (id)initWithBackend:(id<MerchantBackend>)backend;
/* The user taps the button. NO: the page could not be opened. */
- (BOOL)requestInvoice;
/* The page is shown, for the first time or again. */
- (void)appear;
@end
