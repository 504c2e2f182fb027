#import <Foundation/Foundation.h>

/*
 * A link that leads back to an app. GNUstep's NSURL (1.28) takes no query right behind a host, which RFC 3986 and
 * Apple's do; there it is given the empty path that means the same.
 */
NSURL *linkOf(NSString *text);
