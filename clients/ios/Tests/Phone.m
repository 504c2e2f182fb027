#import "Phone.h"

#import "Link.h"

#import <stdio.h>
#import <stdlib.h>

void fail(NSString *why)
{
    fprintf(stderr, "%s\n", [why UTF8String]);
    exit(EXIT_FAILURE);
}

NSString *encoded(NSString *text)
{
    return [text stringByAddingPercentEncodingWithAllowedCharacters:[NSCharacterSet alphanumericCharacterSet]];
}

@implementation Phone

@synthesize order = _order;
@synthesize tap = _tap;
@synthesize app = _app;
@synthesize link = _link;

- (id)init
{
    self = [super init];
    if (self != nil) {
        _address = [[[[NSProcessInfo processInfo] environment] objectForKey:@"KAIPIAO_PHONE"] copy];
        if (_address == nil) {
            fail(@"KAIPIAO_PHONE has no address");
        }
    }
    return self;
}

- (void)dealloc
{
    [_address release];
    [_order release];
    [_tap release];
    [_link release];
    [super dealloc];
}

- (NSString *)get:(NSString *)target
{
    NSURL *url = [NSURL URLWithString:[_address stringByAppendingString:target]];
    NSURLResponse *response = nil;
    NSError *error = nil;
    NSData *data = [NSURLConnection sendSynchronousRequest:[NSURLRequest requestWithURL:url]
                                         returningResponse:&response
                                                     error:&error];
    NSString *text = [[[NSString alloc] initWithData:data encoding:NSUTF8StringEncoding] autorelease];
    if ([(NSHTTPURLResponse *)response statusCode] != 200) {
        fail([NSString stringWithFormat:@"%@: %@ %@", url, text, error]);
    }
    return text;
}

- (NSDictionary *)getJson:(NSString *)target
{
    NSData *text = [[self get:target] dataUsingEncoding:NSUTF8StringEncoding];
    NSDictionary *object = [NSJSONSerialization JSONObjectWithData:text options:0 error:NULL];
    if (![object isKindOfClass:[NSDictionary class]]) {
        fail([target stringByAppendingString:@": no JSON object"]);
    }
    return object;
}

- (NSDictionary *)authUrl
{
    return [self getJson:[@"/auth_url?" stringByAppendingString:_order]];
}

- (NSString *)invoiceStatusOfOrder:(NSString *)orderId
{
    NSString *target = [@"/status?order_id=" stringByAppendingString:encoded(orderId)];
    return [[self getJson:target] objectForKey:@"invoice_status"];
}

- (BOOL)openPage:(NSURL *)page
{
    // The app goes on; the user takes their time.
    [self performSelector:@selector(useThePage:) withObject:page afterDelay:0];
    return YES;
}

- (void)useThePage:(NSURL *)page
{
    NSString *target = [NSString stringWithFormat:@"/open?url=%@&tap=%@", encoded([page absoluteString]), _tap];
    self.link = [self get:target];
    if (_app != nil && ![WXApi handleOpenURL:linkOf(_link) delegate:_app]) {
        fail([@"no link of this app: " stringByAppendingString:_link]);
    }
}

@end
