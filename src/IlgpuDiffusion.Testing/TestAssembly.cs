[assembly: DiscoverInternals]
