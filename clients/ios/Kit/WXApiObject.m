#import "WXPages.h"

#ifdef __clang__
#if __has_feature(objc_arc)
#error "this file counts references itself: compile it with -fno-objc-arc"
#endif
#endif

/* The members of a query, decoded. The first of a name counts. */
static NSDictionary *membersOf(NSURL *url)
{
    NSMutableDictionary *members = [NSMutableDictionary dictionary];
    for (NSString *pair in [[url query] componentsSeparatedByString:@"&"]) {
        NSRange equals = [pair rangeOfString:@"="];
        if (equals.location == NSNotFound) {
            continue;
        }
        NSString *name = [pair substringToIndex:equals.location];
        NSString *value = [[pair substringFromIndex:NSMaxRange(equals)] stringByRemovingPercentEncoding];
        if (value != nil && [members objectForKey:name] == nil) {
            [members setObject:value forKey:name];
        }
    }
    return members;
}

/* A text as a value in a query: all but the characters that never need it is encoded. */
static NSString *encoded(NSString *text)
{
    NSCharacterSet *plain = [NSCharacterSet
        characterSetWithCharactersInString:@"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"];
    return [text stringByAddingPercentEncodingWithAllowedCharacters:plain];
}

/* Whether it is an address that a browser opens. */
static BOOL isWebAddress(NSURL *url)
{
    NSString *scheme = [[url scheme] lowercaseString];
    return ([scheme isEqualToString:@"https"] || [scheme isEqualToString:@"http"]) && [[url host] length] > 0;
}

@implementation BaseReq

@synthesize type = _type;
@synthesize openID = _openID;

- (void)dealloc
{
    [_openID release];
    [super dealloc];
}

- (NSURL *)pageOfServer:(NSURL *)server app:(NSString *)appid
{
    return nil;
}

- (BaseResp *)respOfLeaving
{
    BaseResp *resp = [[[BaseResp alloc] init] autorelease];
    resp.errCode = WXErrCodeUserCancel;
    return resp;
}

- (BOOL)isAnsweredBy:(BaseResp *)resp
{
    return [resp isMemberOfClass:[[self respOfLeaving] class]];
}

@end

@implementation BaseResp

@synthesize errCode = _errCode;
@synthesize errStr = _errStr;
@synthesize type = _type;

- (void)dealloc
{
    [_errStr release];
    [super dealloc];
}

+ (BaseResp *)respOfLink:(NSURL *)link
{
    Class kind = Nil;
    if ([[link host] isEqualToString:@"invoice"]) {
        kind = [WXInvoiceAuthInsertResp class];
    } else if ([[link host] isEqualToString:@"choose-invoice"]) {
        kind = [WXChooseInvoiceResp class];
    } else {
        return nil;
    }
    NSDictionary *members = membersOf(link);
    NSString *code = [members objectForKey:@"errCode"];
    BaseResp *resp = [[[kind alloc] init] autorelease];
    resp.errCode = [code intValue];
    resp.errStr = [members objectForKey:@"errStr"];
    BOOL isKnown = [code isEqualToString:[NSString stringWithFormat:@"%d", resp.errCode]]
        && resp.errCode <= WXSuccess && resp.errCode >= WXErrCodeUnsupport;
    BOOL isWhole = [resp readMembers:members];
    if (!isKnown || (resp.errCode == WXSuccess && !isWhole)) {
        resp.errCode = WXErrCodeCommon;
    }
    return resp;
}

- (BOOL)readMembers:(NSDictionary *)members
{
    return YES;
}

@end

@implementation WXInvoiceAuthInsertReq

@synthesize urlString = _urlString;

- (void)dealloc
{
    [_urlString release];
    [super dealloc];
}

- (NSURL *)pageOfServer:(NSURL *)server app:(NSString *)appid
{
    NSURL *page = _urlString == nil ? nil : [NSURL URLWithString:_urlString];
    return isWebAddress(page) ? page : nil;
}

- (BaseResp *)respOfLeaving
{
    WXInvoiceAuthInsertResp *resp = [[[WXInvoiceAuthInsertResp alloc] init] autorelease];
    resp.errCode = WXErrCodeUserCancel;
    resp.wxOrderId = [membersOf([NSURL URLWithString:_urlString]) objectForKey:@"o1"];
    return resp;
}

- (BOOL)isAnsweredBy:(BaseResp *)resp
{
    NSString *orderId = [(WXInvoiceAuthInsertResp *)[self respOfLeaving] wxOrderId];
    return [super isAnsweredBy:resp] && [orderId isEqualToString:[(WXInvoiceAuthInsertResp *)resp wxOrderId]];
}

@end

@implementation WXInvoiceAuthInsertResp

@synthesize wxOrderId = _wxOrderId;

- (void)dealloc
{
    [_wxOrderId release];
    [super dealloc];
}

- (BOOL)readMembers:(NSDictionary *)members
{
    self.wxOrderId = [members objectForKey:@"wxOrderId"];
    return [_wxOrderId length] > 0;
}

@end

@implementation WXChooseInvoiceReq

@synthesize appID = _appID;
@synthesize shopID = _shopID;
@synthesize signType = _signType;
@synthesize cardSign = _cardSign;
@synthesize timeStamp = _timeStamp;
@synthesize nonceStr = _nonceStr;

- (void)dealloc
{
    [_appID release];
    [_signType release];
    [_cardSign release];
    [_nonceStr release];
    [super dealloc];
}

- (NSURL *)pageOfServer:(NSURL *)server app:(NSString *)appid
{
    BOOL isOwn = _appID == nil || [_appID isEqualToString:appid];
    if (!isOwn || !isWebAddress(server) || _cardSign == nil || _nonceStr == nil) {
        return nil;
    }
    NSString *query = [NSString stringWithFormat:
        @"appid=%@&timestamp=%u&nonceStr=%@&signType=%@&cardSign=%@&source=app", encoded(appid), _timeStamp,
        encoded(_nonceStr), _signType == nil ? @"" : encoded(_signType), encoded(_cardSign)];
    NSString *page = [@"/open/choose-invoice?" stringByAppendingString:query];
    return [[NSURL URLWithString:page relativeToURL:server] absoluteURL];
}

- (BaseResp *)respOfLeaving
{
    WXChooseInvoiceResp *resp = [[[WXChooseInvoiceResp alloc] init] autorelease];
    resp.errCode = WXErrCodeUserCancel;
    return resp;
}

@end

@implementation WXInvoiceItem

@synthesize cardId = _cardId;
@synthesize encryptCode = _encryptCode;
@synthesize appId = _appId;

- (void)dealloc
{
    [_cardId release];
    [_encryptCode release];
    [_appId release];
    [super dealloc];
}

@end

/* An item of choose_invoice_info; nil: it is none. */
static WXInvoiceItem *itemOf(id json)
{
    if (![json isKindOfClass:[NSDictionary class]]) {
        return nil;
    }
    NSString *cardId = [json objectForKey:@"card_id"];
    NSString *encryptCode = [json objectForKey:@"encrypt_code"];
    NSString *appId = [json objectForKey:@"app_id"];
    for (id member in [NSArray arrayWithObjects:cardId, encryptCode, appId, nil]) {
        if (![member isKindOfClass:[NSString class]]) {
            return nil;
        }
    }
    if (cardId == nil || encryptCode == nil || appId == nil) {
        return nil;
    }
    WXInvoiceItem *item = [[[WXInvoiceItem alloc] init] autorelease];
    item.cardId = cardId;
    item.encryptCode = encryptCode;
    item.appId = appId;
    return item;
}

@implementation WXChooseInvoiceResp

@synthesize cardAry = _cardAry;

- (id)init
{
    self = [super init];
    if (self != nil) {
        _cardAry = [[NSArray alloc] init];
    }
    return self;
}

- (void)dealloc
{
    [_cardAry release];
    [super dealloc];
}

- (BOOL)readMembers:(NSDictionary *)members
{
    NSData *text = [[members objectForKey:@"choose_invoice_info"] dataUsingEncoding:NSUTF8StringEncoding];
    id chosen = text == nil ? nil : [NSJSONSerialization JSONObjectWithData:text options:0 error:NULL];
    if (![chosen isKindOfClass:[NSArray class]] || [chosen count] == 0) {
        return NO;
    }
    NSMutableArray *items = [NSMutableArray array];
    for (id json in chosen) {
        WXInvoiceItem *item = itemOf(json);
        if (item == nil) {
            return NO;
        }
        [items addObject:item];
    }
    self.cardAry = items;
    return YES;
}

@end
