#import "Link.h"

NSURL *linkOf(NSString *text)
{
    NSURL *link = [NSURL URLWithString:text];
    NSRange query = [text rangeOfString:@"?"];
    if (link == nil && query.location != NSNotFound) {
        link = [NSURL URLWithString:[text stringByReplacingCharactersInRange:query withString:@"/?"]];
    }
    return link;
}
