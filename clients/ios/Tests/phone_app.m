/*
 * An app on a phone. It prints what it was told, for the test to judge:
 *
 *   phone_app back <query of /auth_url> <tap>    the user comes back by the page's link
 *   phone_app lost <query of /auth_url> <tap>    that link is lost; the user opens the invoice page of the app again
 *   phone_app closed <query of /auth_url>        the user closes the authorization page
 *   phone_app choose <tap>                       the invoice picker
 */

#import "Phone.h"

#import <stdio.h>

/* Where an app's delegate keeps what the picker has answered. */
@interface Expenses : NSObject <WXApiDelegate>
{
@private
    WXChooseInvoiceResp *_resp;
}
@property (nonatomic, retain) WXChooseInvoiceResp *resp;
@end

@implementation Expenses

@synthesize resp = _resp;

- (void)dealloc
{
    [_resp release];
    [super dealloc];
}

- (void)onResp:(BaseResp *)resp
{
    if ([resp isKindOfClass:[WXChooseInvoiceResp class]]) {
        self.resp = (WXChooseInvoiceResp *)resp;
    }
}

@end

static void print(NSString *name, id value)
{
    printf("%s: %s\n", [name UTF8String], [[value description] UTF8String]);
}

/* Waits until the user has left the page. */
static void waitFor(Phone *phone)
{
    while (phone.link == nil) {
        [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode
                                 beforeDate:[NSDate dateWithTimeIntervalSinceNow:1]];
    }
}

static void invoice(Phone *phone, NSString *how)
{
    InvoicePage *page = [[[InvoicePage alloc] initWithBackend:phone] autorelease];
    if ([how isEqualToString:@"back"]) {
        phone.app = page;
    }
    if (![page requestInvoice]) {
        fail(@"the page was not opened");
    }
    waitFor(phone);
    if ([how isEqualToString:@"closed"] && ![WXApi pageWasLeft:page]) {
        fail(@"nothing waited");
    }
    if ([how isEqualToString:@"lost"]) {
        [page appear];
    }
    print(@"order", page.orderId);
    print(@"message", page.message);
    print(@"status", page.status);
    if ([WXApi pageWasLeft:page] != [how isEqualToString:@"lost"]) {
        fail(@"what was answered waits, or what was lost does not");
    }
}

static void choose(Phone *phone)
{
    Expenses *expenses = [[[Expenses alloc] init] autorelease];
    NSDictionary *signedWith = [phone getJson:@"/card_sign"];
    [WXApi setServer:[NSURL URLWithString:[signedWith objectForKey:@"server"]]];
    phone.app = expenses;
    WXChooseInvoiceReq *req = [[[WXChooseInvoiceReq alloc] init] autorelease];
    req.appID = [signedWith objectForKey:@"appid"];
    req.timeStamp = [[signedWith objectForKey:@"timestamp"] intValue];
    req.nonceStr = [signedWith objectForKey:@"nonceStr"];
    req.signType = [signedWith objectForKey:@"signType"];
    req.cardSign = [phone.tap isEqualToString:@"leave"] ? @"00" : [signedWith objectForKey:@"cardSign"];
    if (![WXApi sendReq:req]) {
        fail(@"the picker was not opened");
    }
    waitFor(phone);
    print(@"errcode", [NSNumber numberWithInt:expenses.resp.errCode]);
    print(@"errstr", expenses.resp.errStr);
    for (WXInvoiceItem *item in expenses.resp.cardAry) {
        NSString *target = [NSString stringWithFormat:@"/invoice?card_id=%@&encrypt_code=%@", encoded(item.cardId),
            encoded(item.encryptCode)];
        print(@"appid", item.appID);
        print(@"invoice", [[[phone getJson:target] objectForKey:@"user_info"] objectForKey:@"order_id"]);
    }
}

int main(int argc, char *argv[])
{
    NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
    NSString *how = argc < 2 ? @"" : [NSString stringWithUTF8String:argv[1]];
    BOOL isPicker = [how isEqualToString:@"choose"];
    if (argc != (isPicker ? 3 : 4)) {
        fail(@"usage: phone_app back|lost|closed <query> <tap> | choose <tap>");
    }
    Phone *phone = [[Phone alloc] init];
    phone.tap = [NSString stringWithUTF8String:argv[argc - 1]];
    phone.order = [NSString stringWithUTF8String:argv[2]];
    [WXApi registerApp:@"wx6b61697069616f35"];
    [WXApi setPageOpener:phone];
    if (isPicker) {
        choose(phone);
    } else {
        invoice(phone, how);
    }
    [phone release];
    [pool release];
    return 0;
}
