#import "WXPages.h"

#ifdef __clang__
#if __has_feature(objc_arc)
#error "this file counts references itself: compile it with -fno-objc-arc"
#endif
#endif

/* A text as apps read it, which is never nil. */
static NSString *given(NSString *text)
{
    return text == nil ? @"" : text;
}

/* A text up to a mark, or all of it. */
static NSString *before(NSString *text, NSString *mark)
{
    NSRange found = [text rangeOfString:mark];
    return found.location == NSNotFound ? text : [text substringToIndex:found.location];
}

/* The members of an address's query, decoded. The first of a name counts. */
static NSDictionary *membersOf(NSString *address)
{
    NSMutableDictionary *members = [NSMutableDictionary dictionary];
    NSString *whole = before(address, @"#");
    NSRange mark = [whole rangeOfString:@"?"];
    if (mark.location == NSNotFound) {
        return members;
    }
    for (NSString *pair in [[whole substringFromIndex:NSMaxRange(mark)] componentsSeparatedByString:@"&"]) {
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

- (NSString *)openID
{
    return given(_openID);
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

- (NSString *)errStr
{
    return given(_errStr);
}

/* Whose answer a link back holds; Nil: it is no link of the app, or of no page. */
+ (Class)kindOfLink:(NSString *)link app:(NSString *)appid
{
    NSArray *parts = [before(before(link, @"#"), @"?") componentsSeparatedByString:@"/"];
    NSString *scheme = [appid stringByAppendingString:@":"];
    // <scheme>: // <host> and, if any, / <path>
    if ([parts count] < 3 || ![[[parts objectAtIndex:0] lowercaseString] isEqualToString:scheme]
        || [[parts objectAtIndex:1] length] > 0) {
        return Nil;
    }
    NSString *host = [parts objectAtIndex:2];
    if ([host isEqualToString:@"invoice"]) {
        return [WXInvoiceAuthInsertResp class];
    }
    return [host isEqualToString:@"choose-invoice"] ? [WXChooseInvoiceResp class] : Nil;
}

+ (BaseResp *)respOfLink:(NSString *)link app:(NSString *)appid
{
    Class kind = [self kindOfLink:link app:appid];
    if (kind == Nil) {
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

- (BOOL)isOfSamePageAs:(BaseResp *)other
{
    return [other isMemberOfClass:[self class]];
}

@end

@implementation WXInvoiceAuthInsertReq

@synthesize urlString = _urlString;

- (void)dealloc
{
    [_urlString release];
    [super dealloc];
}

- (NSString *)urlString
{
    return given(_urlString);
}

- (NSURL *)pageOfServer:(NSURL *)server app:(NSString *)appid
{
    NSURL *page = [NSURL URLWithString:self.urlString];
    return isWebAddress(page) ? page : nil;
}

- (BaseResp *)respOfLeaving
{
    WXInvoiceAuthInsertResp *resp = [[[WXInvoiceAuthInsertResp alloc] init] autorelease];
    resp.errCode = WXErrCodeUserCancel;
    resp.wxOrderId = [membersOf(self.urlString) objectForKey:@"o1"];
    return resp;
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

- (NSString *)wxOrderId
{
    return given(_wxOrderId);
}

- (BOOL)isOfSamePageAs:(BaseResp *)other
{
    return [super isOfSamePageAs:other]
        && [self.wxOrderId isEqualToString:[(WXInvoiceAuthInsertResp *)other wxOrderId]];
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

- (NSString *)appID
{
    return given(_appID);
}

- (NSString *)signType
{
    return given(_signType);
}

- (NSString *)cardSign
{
    return given(_cardSign);
}

- (NSString *)nonceStr
{
    return given(_nonceStr);
}

- (NSURL *)pageOfServer:(NSURL *)server app:(NSString *)appid
{
    BOOL isOwn = [_appID length] == 0 || [_appID isEqualToString:appid];
    BOOL isSigned = [_signType isEqualToString:@"SHA1"] && [_cardSign length] > 0 && [_nonceStr length] > 0;
    if (!isOwn || !isSigned || !isWebAddress(server)) {
        return nil;
    }
    // The server may have a path, behind which its pages lie.
    NSString *base = before(before([server absoluteString], @"#"), @"?");
    NSString *slash = [base hasSuffix:@"/"] ? @"" : @"/";
    NSString *query = [NSString stringWithFormat:
        @"appid=%@&timestamp=%u&nonceStr=%@&signType=%@&cardSign=%@&source=app", encoded(appid), _timeStamp,
        encoded(_nonceStr), encoded(_signType), encoded(_cardSign)];
    return [NSURL URLWithString:[NSString stringWithFormat:@"%@%@open/choose-invoice?%@", base, slash, query]];
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
@synthesize extMsg = _extMsg;
@synthesize cardState = _cardState;
@synthesize encryptCode = _encryptCode;
@synthesize appID = _appID;

- (void)dealloc
{
    [_cardId release];
    [_extMsg release];
    [_encryptCode release];
    [_appID release];
    [super dealloc];
}

- (NSString *)cardId
{
    return given(_cardId);
}

- (NSString *)encryptCode
{
    return given(_encryptCode);
}

- (NSString *)appID
{
    return given(_appID);
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
    NSString *appID = [json objectForKey:@"app_id"];
    for (id member in [NSArray arrayWithObjects:cardId, encryptCode, appID, nil]) {
        if (![member isKindOfClass:[NSString class]]) {
            return nil;
        }
    }
    if (cardId == nil || encryptCode == nil || appID == nil) {
        return nil;
    }
    WXInvoiceItem *item = [[[WXInvoiceItem alloc] init] autorelease];
    item.cardId = cardId;
    item.encryptCode = encryptCode;
    item.appID = appID;
    item.cardState = 1;
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
