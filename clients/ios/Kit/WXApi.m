#import "WXApi+Kaipiao.h"
#import "WXPages.h"

#ifdef __APPLE__
#import <TargetConditionals.h>
#endif
#if TARGET_OS_IPHONE
#import <UIKit/UIKit.h>
#endif

#ifdef __clang__
#if __has_feature(objc_arc)
#error "this file counts references itself: compile it with -fno-objc-arc"
#endif
#endif

/* The app's appid; nil: none is registered. */
static NSString *registered = nil;
static NSURL *pickersServer = nil;
static id<KaipiaoPageOpener> pageOpener = nil;
/* How the page that was opened last is answered if it is left; nil: it is answered. */
static BaseResp *leaving = nil;

/* Puts an object in the place of another one. */
#define KEEP(place, object) \
    do { \
        id kept = [(object) retain]; \
        [(place) release]; \
        (place) = kept; \
    } while (0)

#if TARGET_OS_IPHONE
/* Opens pages in the browser. */
@interface WXBrowser : NSObject <KaipiaoPageOpener>
@end

@implementation WXBrowser

- (BOOL)openPage:(NSURL *)page
{
    [[UIApplication sharedApplication] openURL:page options:[NSDictionary dictionary] completionHandler:nil];
    return YES;
}

@end
#endif

/* Who opens pages; nil: nobody. */
static id<KaipiaoPageOpener> opener(void)
{
#if TARGET_OS_IPHONE
    if (pageOpener == nil) {
        pageOpener = [[WXBrowser alloc] init];
    }
#endif
    return pageOpener;
}

/* wx and 16 lower-case hexadecimal digits. */
static BOOL isAppid(NSString *text)
{
    NSCharacterSet *others =
        [[NSCharacterSet characterSetWithCharactersInString:@"0123456789abcdef"] invertedSet];
    return [text length] == 18 && [text hasPrefix:@"wx"]
        && [[text substringFromIndex:2] rangeOfCharacterFromSet:others].location == NSNotFound;
}

static void tell(id<WXApiDelegate> delegate, BaseResp *resp)
{
    if ([leaving isOfSamePageAs:resp]) {
        KEEP(leaving, nil);
    }
    if ([delegate respondsToSelector:@selector(onResp:)]) {
        [delegate onResp:resp];
    }
}

@implementation WXApi

+ (BOOL)registerApp:(NSString *)appid
{
    if (!isAppid(appid)) {
        return NO;
    }
    KEEP(registered, [[appid copy] autorelease]);
    return YES;
}

+ (BOOL)registerApp:(NSString *)appid universalLink:(NSString *)universalLink
{
    return [self registerApp:appid];
}

+ (BOOL)sendReq:(BaseReq *)req
{
    NSURL *page = registered == nil ? nil : [req pageOfServer:pickersServer app:registered];
    if (page == nil) {
        return NO;
    }
    // Before the page is there: its answer may come at once.
    BaseResp *earlier = [[leaving retain] autorelease];
    KEEP(leaving, [req respOfLeaving]);
    if ([opener() openPage:page]) {
        return YES;
    }
    KEEP(leaving, earlier);
    return NO;
}

#ifdef __BLOCKS__
+ (void)sendReq:(BaseReq *)req completion:(void (^)(BOOL success))completion
{
    BOOL isOpened = [self sendReq:req];
    if (completion != nil) {
        completion(isOpened);
    }
}
#endif

+ (BOOL)handleOpenURL:(NSURL *)url delegate:(id<WXApiDelegate>)delegate
{
    return [self handleLink:[url absoluteString] delegate:delegate];
}

+ (BOOL)handleOpenUniversalLink:(NSUserActivity *)userActivity delegate:(id<WXApiDelegate>)delegate
{
    return NO;
}

+ (BOOL)isWXAppInstalled
{
    return opener() != nil;
}

+ (BOOL)isWXAppSupportApi
{
    return opener() != nil;
}

+ (void)setPageOpener:(id<KaipiaoPageOpener>)opener
{
    KEEP(pageOpener, opener);
}

+ (void)setServer:(NSURL *)server
{
    KEEP(pickersServer, server);
}

+ (BOOL)handleLink:(NSString *)link delegate:(id<WXApiDelegate>)delegate
{
    BaseResp *resp = [BaseResp respOfLink:link app:registered];
    if (resp == nil) {
        return NO;
    }
    tell(delegate, resp);
    return YES;
}

+ (BOOL)pageWasLeft:(id<WXApiDelegate>)delegate
{
    if (leaving == nil) {
        return NO;
    }
    tell(delegate, [[leaving retain] autorelease]);
    return YES;
}

@end
