/*
 * What an app must say that WeChat's own kit does not ask.
 */

#import "WXApi.h"

NS_ASSUME_NONNULL_BEGIN

/* Shows a page to the user: in the browser, or in a web view of the app. */
@protocol KaipiaoPageOpener <NSObject>
/* Opens a page, and returns at once. NO: it cannot be opened. */
- (BOOL)openPage:(NSURL *)page;
@end

@interface WXApi (Kaipiao)

/* Who opens pages, and is kept. nil: UIApplication on iOS, nobody elsewhere. */
+ (void)setPageOpener:(id<KaipiaoPageOpener> WX_NULLABLE)opener;

/* The server whose picker is opened, such as https://kaipiao.example. An auth_url names its server itself. */
+ (void)setServer:(NSURL *WX_NULLABLE)server;

/*
 * handleOpenURL:delegate: of a link's text, for platforms whose NSURL does not take it: GNUstep's (1.28) refuses a query
 * right behind a host, which every link back has.
 */
+ (BOOL)handleLink:(NSString *)link delegate:(id<WXApiDelegate> WX_NULLABLE)delegate;

/*
 * The user is back without a link: they have closed the page, or switched apps. If a request waits, the delegate gets
 * errCode -2 for it. NO: none waits. A link that comes later is handled all the same.
 */
+ (BOOL)pageWasLeft:(id<WXApiDelegate> WX_NULLABLE)delegate;

@end

NS_ASSUME_NONNULL_END
