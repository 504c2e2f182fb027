/*
 * What the kit makes of requests and links, without a server.
 */

#import "Link.h"
#import "WXApi+Kaipiao.h"

#import <stdio.h>
#import <stdlib.h>

#define APPID @"wx6b61697069616f35"

/* Notes what is opened and what is told. */
@interface Notes : NSObject <KaipiaoPageOpener, WXApiDelegate>
{
@private
    NSURL *_page;
    BaseResp *_resp;
    BOOL _isBlocked;
}
@property (nonatomic, retain) NSURL *page;
@property (nonatomic, retain) BaseResp *resp;
/* Whether pages cannot be opened. */
@property (nonatomic, assign) BOOL isBlocked;
@end

@implementation Notes

@synthesize page = _page;
@synthesize resp = _resp;
@synthesize isBlocked = _isBlocked;

- (void)dealloc
{
    [_page release];
    [_resp release];
    [super dealloc];
}

- (BOOL)openPage:(NSURL *)page
{
    self.page = page;
    return !_isBlocked;
}

- (void)onResp:(BaseResp *)resp
{
    self.resp = resp;
}

@end

/* A delegate that wants to hear nothing. */
@interface Deaf : NSObject <WXApiDelegate>
@end

@implementation Deaf
@end

static Notes *notes = nil;

static void check(BOOL isSo, NSString *what)
{
    if (!isSo) {
        fprintf(stderr, "not so: %s\n", [what UTF8String]);
        exit(EXIT_FAILURE);
    }
}

static BOOL handled(NSString *link)
{
    notes.resp = nil;
    BOOL isTaken = [WXApi handleOpenURL:linkOf(link) delegate:notes];
    BaseResp *ofAddress = [[notes.resp retain] autorelease];
    check([WXApi handleLink:link delegate:notes] == isTaken, [link stringByAppendingString:@" as an address"]);
    check(ofAddress.errCode == notes.resp.errCode, [link stringByAppendingString:@" says the same as an address"]);
    return isTaken;
}

/* What a link is taken as: its errCode and its order, or the invoices' codes. */
static void isTakenAs(NSString *link, NSString *taken)
{
    check(handled(link), [link stringByAppendingString:@" is handled"]);
    BaseResp *resp = notes.resp;
    NSMutableString *said = [NSMutableString stringWithFormat:@"%d", resp.errCode];
    if ([resp isKindOfClass:[WXInvoiceAuthInsertResp class]]) {
        [said appendFormat:@" %@", [(WXInvoiceAuthInsertResp *)resp wxOrderId]];
    }
    if ([resp isKindOfClass:[WXChooseInvoiceResp class]]) {
        for (WXInvoiceItem *item in [(WXChooseInvoiceResp *)resp cardAry]) {
            [said appendFormat:@" %@,%@,%@", item.cardId, item.encryptCode, item.appID];
            check(item.cardState == 1 && item.extMsg == nil, @"an invoice lies in the card holder");
        }
    }
    check(resp.errStr != nil, @"a text is never nil");
    if ([resp.errStr length] > 0) {
        [said appendFormat:@" (%@)", resp.errStr];
    }
    check([said isEqualToString:taken], [NSString stringWithFormat:@"%@ is %@, not %@", link, taken, said]);
}

static WXInvoiceAuthInsertReq *requestOf(NSString *address)
{
    WXInvoiceAuthInsertReq *req = [[[WXInvoiceAuthInsertReq alloc] init] autorelease];
    req.urlString = address;
    return req;
}

static void nothingIsSentBeforeAnAppIsRegistered(void)
{
    check(![WXApi sendReq:requestOf(@"http://127.0.0.1/a")], @"an app must be registered");
    check(!handled(APPID @"://invoice?errCode=0&wxOrderId=1"), @"links without an app are nobody's");
    for (NSString *bad in [NSArray arrayWithObjects:@"", @"wx", @"wx6b61697069616F35", @"http", APPID @"0", nil]) {
        check(![WXApi registerApp:bad], bad);
    }
    check([WXApi registerApp:APPID universalLink:@"https://app.example/"], APPID);
    check(![WXApi isWXAppInstalled] && ![WXApi isWXAppSupportApi], @"nobody opens pages");
    check(![WXApi sendReq:requestOf(@"http://127.0.0.1/a")], @"nobody opens pages");
    [WXApi setPageOpener:notes];
    check([WXApi isWXAppInstalled] && [WXApi isWXAppSupportApi], @"somebody opens pages");
}

static void onlyPagesOfTheWebAreOpened(void)
{
    for (NSString *bad in [NSArray arrayWithObjects:@"", @"javascript:alert(1)", @"file:///etc/passwd", @"http://",
             @"pages/auth/auth?o1=1", @"not an address", nil]) {
        check(![WXApi sendReq:requestOf(bad)] && notes.page == nil, bad);
    }
    check(![WXApi sendReq:requestOf(nil)] && notes.page == nil, @"no address");
    check(![WXApi sendReq:[[[BaseReq alloc] init] autorelease]], @"what has no page");
    NSString *address = @"https://kaipiao.example/bizmall/authinvoice?action=list&o1=A%2F1%20%2B&m1=1#wechat_redirect";
    check([WXApi sendReq:requestOf(address)], address);
    check([[notes.page absoluteString] isEqualToString:address], @"it is opened as it is");
}

static void linksAreReadAndForeignOnesAreNot(void)
{
    isTakenAs(APPID @"://invoice?errCode=0&wxOrderId=SD%201096%2F%2B%26%E4%B8%AD", @"0 SD 1096/+&中");
    isTakenAs(@"WX6B61697069616F35://invoice?errCode=-4&wxOrderId=1", @"-4 1");
    isTakenAs(APPID @"://invoice?wxOrderId=a+b&errCode=-2&more&x=1&errCode=0", @"-2 a+b");
    // What cannot be read is a failure, never a yes.
    isTakenAs(APPID @"://invoice", @"-1 ");
    isTakenAs(APPID @"://invoice?errCode=0", @"-1 ");
    isTakenAs(APPID @"://invoice?errCode=0&wxOrderId=", @"-1 ");
    isTakenAs(APPID @"://invoice?errCode=yes&wxOrderId=1", @"-1 1");
    isTakenAs(APPID @"://invoice?errCode=&wxOrderId=1", @"-1 1");
    isTakenAs(APPID @"://invoice?errCode=7&wxOrderId=1", @"-1 1");
    isTakenAs(APPID @"://invoice?errCode=-6&wxOrderId=1", @"-1 1");
    isTakenAs(APPID @"://invoice?errCode=00&wxOrderId=1", @"-1 1");
    isTakenAs(APPID @"://invoice?errCode=0&wxOrderId=%FF", @"-1 ");
    isTakenAs(APPID @"://invoice?errCode=99999999999&wxOrderId=1", @"-1 1");
    for (NSString *foreign in [NSArray arrayWithObjects:@"wx6b61697069616f34://invoice?errCode=0&wxOrderId=1",
             @"https://invoice/?errCode=0&wxOrderId=1", APPID @"://pay?errCode=0", APPID @":invoice?errCode=0", nil]) {
        check(!handled(foreign) && notes.resp == nil, foreign);
    }
    check(![WXApi handleOpenURL:nil delegate:notes] && ![WXApi handleLink:nil delegate:notes], @"no link");
    check(![WXApi handleOpenUniversalLink:nil delegate:notes], @"pages lead back by the scheme");
    NSURL *link = linkOf(APPID @"://invoice?errCode=0&wxOrderId=1");
    check([WXApi handleOpenURL:link delegate:nil], @"nobody listens");
    check([WXApi handleOpenURL:link delegate:[[[Deaf alloc] init] autorelease]], @"somebody is deaf");
}

static void chosenInvoicesAreRead(void)
{
    NSString *base = APPID @"://choose-invoice?errCode=0&choose_invoice_info=";
    isTakenAs([base stringByAppendingString:@"%5B%7B%22card_id%22%3A%22p1%22%2C%22encrypt_code%22%3A%22a%2Fb%2B%3D%22"
                  @"%2C%22app_id%22%3A%22wx1%22%7D%2C%7B%22card_id%22%3A%22p2%22%2C%22encrypt_code%22%3A%22c%22%2C"
                  @"%22app_id%22%3A%22wx2%22%7D%5D"],
        @"0 p1,a/b+=,wx1 p2,c,wx2");
    isTakenAs(APPID @"://choose-invoice?errCode=-2", @"-2");
    isTakenAs(APPID @"://choose-invoice?errCode=-1&errStr=invalid%20signature%3A%20no", @"-1 (invalid signature: no)");
    for (NSString *bad in [NSArray arrayWithObjects:@"", @"%5B%5D", @"%7B%7D", @"nonsense", @"%5B1%5D",
             @"%5B%7B%22card_id%22%3A%22p1%22%7D%5D",
             @"%5B%7B%22card_id%22%3A1%2C%22encrypt_code%22%3A%22c%22%2C%22app_id%22%3A%22wx2%22%7D%5D", nil]) {
        isTakenAs([base stringByAppendingString:bad], @"-1");
    }
}

static void thePickerIsAskedForWithAllThatWasSigned(void)
{
    WXChooseInvoiceReq *req = [[[WXChooseInvoiceReq alloc] init] autorelease];
    req.timeStamp = 4294967295u;
    req.nonceStr = @"a b&c";
    req.cardSign = @"ede1";
    notes.page = nil;
    check(![WXApi sendReq:req] && notes.page == nil, @"no server is known");
    [WXApi setServer:[NSURL URLWithString:@"http://127.0.0.1:8080/x"]];
    for (NSString *bad in [NSArray arrayWithObjects:@"", @"MD5", @"sha1", nil]) {
        req.signType = bad;
        check(![WXApi sendReq:req] && notes.page == nil, [bad stringByAppendingString:@" signs nothing"]);
    }
    req.signType = @"SHA1";
    check([WXApi sendReq:req], @"appID may be left out");
    NSString *page = @"http://127.0.0.1:8080/x/open/choose-invoice?appid=" APPID
        @"&timestamp=4294967295&nonceStr=a%20b%26c&signType=SHA1&cardSign=ede1&source=app";
    check([[notes.page absoluteString] isEqualToString:page], [notes.page absoluteString]);
    [WXApi setServer:[NSURL URLWithString:@"http://127.0.0.1:8080/x/"]];
    check([WXApi sendReq:req] && [[notes.page absoluteString] isEqualToString:page], @"a slash ends the same path");
    req.appID = @"wx6b61697069616f33";
    check(![WXApi sendReq:req], @"another app's picker would lead back to that one");
    req.appID = APPID;
    req.nonceStr = nil;
    check(![WXApi sendReq:req], @"a nonce is signed");
}

static void whoComesBackWithoutALinkHasLeft(void)
{
    check(handled(APPID @"://choose-invoice?errCode=-2") && ![WXApi pageWasLeft:notes], @"the picker was answered");
    check([WXApi sendReq:requestOf(@"http://127.0.0.1/a?o1=A%2F1%20%2B")], @"sent");
    // An answer of an earlier request, and one of another kind.
    check(handled(APPID @"://invoice?errCode=0&wxOrderId=earlier"), @"handled");
    check(handled(APPID @"://choose-invoice?errCode=-2"), @"handled");
    notes.resp = nil;
    check([WXApi pageWasLeft:notes], @"it waits");
    WXInvoiceAuthInsertResp *left = (WXInvoiceAuthInsertResp *)notes.resp;
    check(left.errCode == WXErrCodeUserCancel && [left.wxOrderId isEqualToString:@"A/1 +"], left.wxOrderId);
    check(![WXApi pageWasLeft:notes], @"it is told once");
    isTakenAs(APPID @"://invoice?errCode=0&wxOrderId=A%2F1%20%2B", @"0 A/1 +");
}

static void whatWaitsIsWhatWasSent(void)
{
    WXInvoiceAuthInsertReq *req = requestOf(@"http://127.0.0.1/a?o1=first");
    check([WXApi sendReq:req], @"sent");
    // The app uses its request again, and that one fails.
    req.urlString = @"http://127.0.0.1/a?o1=second";
    notes.isBlocked = YES;
    check(![WXApi sendReq:req], @"it was never opened");
    req.urlString = nil;
    check(req.urlString != nil && ![WXApi sendReq:req], @"no address");
    notes.isBlocked = NO;
    check([WXApi pageWasLeft:notes], @"the first waits");
    check([[(WXInvoiceAuthInsertResp *)notes.resp wxOrderId] isEqualToString:@"first"], @"the first was left");
    notes.isBlocked = YES;
    check(![WXApi sendReq:requestOf(@"http://127.0.0.1/a")] && ![WXApi pageWasLeft:notes], @"nothing was opened");
    notes.isBlocked = NO;
}

int main(void)
{
    NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
    notes = [[Notes alloc] init];
    nothingIsSentBeforeAnAppIsRegistered();
    onlyPagesOfTheWebAreOpened();
    linksAreReadAndForeignOnesAreNot();
    chosenInvoicesAreRead();
    thePickerIsAskedForWithAllThatWasSigned();
    whoComesBackWithoutALinkHasLeft();
    whatWaitsIsWhatWasSent();
    [notes release];
    [pool release];
    return 0;
}
