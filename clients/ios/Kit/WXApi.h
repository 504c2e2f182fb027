/*
 * Sends requests, and hands the app what came back (section 4). All of it belongs to the main thread.
 */

#import "WXApiObject.h"

@class NSUserActivity;

NS_ASSUME_NONNULL_BEGIN

/* Who is told what came back. */
@protocol WXApiDelegate <NSObject>
@optional
/* Never called: a Kaipiao server asks nothing of an app. */
- (void)onReq:(BaseReq *)req;
/* The answer of a request. */
- (void)onResp:(BaseResp *)resp;
@end

@interface WXApi : NSObject

/* The app's own appid, which is the scheme of the links that lead back to it. NO: it is no appid. */
+ (BOOL)registerApp:(NSString *)appid;
/* The same; no universal link is used. */
+ (BOOL)registerApp:(NSString *)appid universalLink:(NSString *WX_NULLABLE)universalLink;

/*
 * Opens the page of a request, which may be used for something else from then on. NO: nothing was opened, no answer will
 * come, and an earlier request still waits for its own.
 */
+ (BOOL)sendReq:(BaseReq *)req;
#ifdef __BLOCKS__
/* The same; completion is called before this returns. */
+ (void)sendReq:(BaseReq *)req completion:(void (^WX_NULLABLE)(BOOL success))completion WX_SWIFT_NO_ASYNC;
#endif

/*
 * A link that the app was opened by: if it leads back from a page, the delegate is told. NO: it is another one.
 * Anybody can open such a link, so what it says is a hint: ask your backend.
 */
+ (BOOL)handleOpenURL:(NSURL *)url delegate:(id<WXApiDelegate> WX_NULLABLE)delegate;

/* Always NO, and nobody is told: pages lead back by the app's scheme, by handleOpenURL:delegate: alone. */
+ (BOOL)handleOpenUniversalLink:(NSUserActivity *)userActivity delegate:(id<WXApiDelegate> WX_NULLABLE)delegate;

/* Whether pages can be opened. */
+ (BOOL)isWXAppInstalled;
/* The same. */
+ (BOOL)isWXAppSupportApi;

@end

NS_ASSUME_NONNULL_END
