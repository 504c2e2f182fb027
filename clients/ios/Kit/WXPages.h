/*
 * Private: the page that each request opens, and how its answer is read.
 */

#import "WXApiObject.h"

NS_ASSUME_NONNULL_BEGIN

@interface BaseReq (WXPages)

/* The page to open; nil: the request is not complete, or is not the app's. */
- (NSURL *WX_NULLABLE)pageOfServer:(NSURL *WX_NULLABLE)server app:(NSString *)appid;

/* The answer if the user leaves the page. */
- (BaseResp *)respOfLeaving;

@end

@interface BaseResp (WXPages)

/* The answer that a link back to the app holds; nil: it is no such link. */
+ (BaseResp *WX_NULLABLE)respOfLink:(NSString *WX_NULLABLE)link app:(NSString *WX_NULLABLE)appid;

/* Whether both answer the same page, whatever they say of it. */
- (BOOL)isOfSamePageAs:(BaseResp *)other;

/* Reads the members of its own out of a link's query. NO: what errCode 0 must bring is missing. */
- (BOOL)readMembers:(NSDictionary *)members;

@end

NS_ASSUME_NONNULL_END
