/*
 * The phone and the backend of a test: a service at KAIPIAO_PHONE plays both (tests/kits/phone.rs).
 */

#import "InvoicePage.h"
#import "WXApi+Kaipiao.h"

@interface Phone : NSObject <KaipiaoPageOpener, MerchantBackend>
{
@private
    NSString *_address;
    NSString *_order;
    NSString *_tap;
    id<WXApiDelegate> _app;
    NSString *_link;
}
/* The query of /auth_url. */
@property (nonatomic, copy) NSString *order;
/* What the user taps on the page that is opened. */
@property (nonatomic, copy) NSString *tap;
/* The app that links lead back to; nil: the link is lost. It is not kept. */
@property (nonatomic, assign) id<WXApiDelegate> app;
/* The link that the page has led back by; nil: none yet. */
@property (nonatomic, copy) NSString *link;

/* What the service answers to GET; anything but 200 ends the program. */
- (NSString *)get:(NSString *)target;
/* The same, read as a JSON object. */
- (NSDictionary *)getJson:(NSString *)target;
@end

/* A text as a value in a query. */
NSString *encoded(NSString *text);
/* Ends the program. */
void fail(NSString *why);
