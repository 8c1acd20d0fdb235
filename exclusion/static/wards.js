/* Wards on a Leaflet map, for Kept Open.
 *
 * The shapes are fetched once from a file; the colours arrive with every run of the page and
 * are laid on what is already drawn, so a slider never reloads the map. One entry for each:
 *
 *   KeptOpen.wards(map, {url, title, keys, lang, attribution, names, beside})   draw the shapes; maps of one page with one `beside` move together
 *   KeptOpen.paint({shades, at, notes, selected, places, focus})   colour them, mark places over them, look at some
 *
 * `at` holds one character for each ward, in the order of the file: its place in `shades`
 * (base 36), or "-" for a ward without a figure. A pick (click, tap or Enter) is handed to
 * Streamlit as `last_active_drawing`, with the ward's code and no geometry.
 */
(function () {
  'use strict';

  var NO_FIGURE = { number: '–', word: 'No figure', fill: '#bdbdbd' };
  var MOST_NAMES = 150;
  var places = [], placesDrawn = '', place = null, looked = '[]', fine = false;
  var map, group, wards = [], byCode = {}, current = null, ring, chosen, painted = null, applied = 0;

  // One finger scrolls the page: a touch never starts a drag, a mouse does. Two fingers are
  // Leaflet's own pinch, which moves as well as zooms.
  var dragOnDown = L.Draggable.prototype._onDown;
  L.Draggable.include({
    _onDown: function (event) {
      if (!event.touches) { dragOnDown.call(this, event); }
    }
  });

  function shadeOf(ward) {
    var place = painted ? painted.at.charAt(ward.place) : '-';
    return (painted && place !== '-' && painted.shades[parseInt(place, 36)]) || NO_FIGURE;
  }

  function noteOf(ward) { return (painted && painted.notes && painted.notes[ward.place]) || ''; }

  function spoken(ward) {
    var shade = shadeOf(ward), note = noteOf(ward);
    var text = ward.name + ': ' + (shade.number === '–' ? '' : shade.number + ' ') + shade.word;
    return note ? text + '. ' + note : text;
  }

  // ------------------------------------------------------------------ picking

  function feature(ward) {
    return { type: 'Feature', geometry: null, properties: { code: ward.code, pick: ward.picks } };
  }

  function pick(ward) {
    ward.picks = Date.now();           // so that picking the same ward twice is still news
    var shared = window.__GLOBAL_DATA__;
    if (!shared || !window.Streamlit) { return; }
    shared.last_active_drawing = feature(ward);
    shared.previous_data = { last_active_drawing: feature(ward) };
    window.Streamlit.setComponentValue(shared.previous_data);
  }

  // ------------------------------------------------------------------ keyboard: one tab stop, arrows rove

  function element(ward) { return ward.layer.getElement && ward.layer.getElement(); }

  function rove(ward, focus) {
    if (current && element(current)) { element(current).setAttribute('tabindex', '-1'); }
    current = ward;
    if (element(ward)) {
      element(ward).setAttribute('tabindex', '0');
      if (focus) { element(ward).focus({ preventScroll: true }); }
    }
  }

  function nextTowards(here, dx, dy, among) {
    var from = map.latLngToLayerPoint(here.centre), best = null, least = Infinity;
    among.forEach(function (other) {
      if (other === here) { return; }
      var to = map.latLngToLayerPoint(other.centre), x = to.x - from.x, y = to.y - from.y;
      var along = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
      if (along <= 0) { return; }
      var cost = along + 2 * aside;    // near, and more or less in that direction
      if (cost < least) { least = cost; best = other; }
    });
    return best;
  }

  var STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function onKey(event) {
    if (place && event.target === place.node) { onPlaceKey(event); return; }
    if (!current || event.target !== element(current)) { return; }
    var step = STEPS[event.key], to = null;
    if (step) { to = nextTowards(current, step[0], step[1], wards); }
    else if (event.key === 'Home') { to = wards[0]; }
    else if (event.key === 'End') { to = wards[wards.length - 1]; }
    else if (event.key === 'Enter' || event.key === ' ') { pick(current); }
    else { return; }
    event.preventDefault();
    event.stopPropagation();
    if (to) {
      rove(to, true);
      if (!map.getBounds().contains(to.centre)) { map.panTo(to.centre, { animate: false }); }
    }
  }

  // Outlines stand on a pane of their own, above every ward: no neighbour covers them, and the
  // order of the wards, which is the order of the keyboard, never changes.
  function outlines(ward, colour, weight) {
    return [['#0b0c0c', weight + 4], [colour, weight]].map(function (line) {
      var style = { pane: 'rings', interactive: false, fill: false, color: line[0], weight: line[1] };
      return (ward.layer.getRadius
        ? L.circleMarker(ward.centre, L.extend(style, { radius: ward.layer.getRadius() + 3 }))
        : L.polygon(ward.layer.getLatLngs(), style)).addTo(map);
    });
  }

  function ringAround(ward) {
    if (ring) { ring.forEach(function (line) { line.remove(); }); }
    ring = ward && outlines(ward, '#ffdd00', 4);
  }

  // ------------------------------------------------------------------ places: a second tab stop, arrows rove

  function rovePlace(to, focus) {
    if (place) { place.node.setAttribute('tabindex', '-1'); place.marker.closeTooltip(); }
    place = to;
    place.node.setAttribute('tabindex', '0');
    if (focus) {
      if (!map.getBounds().contains(to.centre)) { map.panTo(to.centre, { animate: false }); }
      place.node.focus({ preventScroll: true });
      place.marker.openTooltip();
    }
  }

  function onPlaceKey(event) {
    var step = STEPS[event.key], to = null;
    if (step) { to = nextTowards(place, step[0], step[1], places); }
    else if (event.key === 'Home') { to = places[0]; }
    else if (event.key === 'End') { to = places[places.length - 1]; }
    else { return; }
    event.preventDefault();
    event.stopPropagation();
    if (to) { rovePlace(to, true); }
  }

  function drawPlaces(listed) {
    var said = JSON.stringify(listed || []);
    if (said === placesDrawn) { return; }
    placesDrawn = said;
    places.forEach(function (one) { one.marker.remove(); });
    place = null;
    places = (listed || []).map(function (one) {
      var centre = L.latLng(one.at[0], one.at[1]);
      var marker = L.marker(centre, {
        pane: 'places', keyboard: false, bubblingMouseEvents: true,
        icon: L.divIcon({ className: 'place ' + one.status, iconSize: [26, 26], html: '<span aria-hidden="true"></span>' })
      }).addTo(map);
      var node = marker.getElement();
      node.firstChild.textContent = one.sign;
      node.setAttribute('role', 'img');
      node.setAttribute('tabindex', '-1');
      node.setAttribute('aria-label', one.label);
      var text = document.createElement('span');
      text.textContent = one.label;
      marker.bindTooltip(text, { direction: 'top', offset: [0, -12] });
      node.addEventListener('blur', function () { marker.closeTooltip(); });
      return { marker: marker, node: node, centre: centre };
    });
    if (places.length) { rovePlace(places[0], false); }
    map.getContainer().setAttribute('data-places', String(places.length));
  }

  // ------------------------------------------------------------------ names on the map

  function placeNames() {
    if (!group || !wards.length || !wards[0].label) { return; }
    var taken = [], size = map.getSize();
    wards.slice().sort(function (a, b) { return b.extent - a.extent; }).forEach(function (ward) {
      var box = ward.label.getElement().firstChild, at = map.latLngToContainerPoint(ward.centre);
      // The name where there is room, else the number alone, else nothing (zoom in to see it).
      ['', 'number-only', 'crowded'].some(function (way) {
        box.className = way;
        var w = box.offsetWidth / 2 + 1, h = box.offsetHeight / 2 + 1;
        var mine = [at.x - w, at.y - h, at.x + w, at.y + h];
        var fits = mine[2] > 0 && mine[3] > 0 && mine[0] < size.x && mine[1] < size.y &&
          taken.every(function (one) {
            return mine[2] <= one[0] || mine[0] >= one[2] || mine[3] <= one[1] || mine[1] >= one[3];
          });
        if (fits && way !== 'crowded') { taken.push(mine); }
        return fits;
      });
    });
  }

  function addName(ward) {
    ward.label = L.marker(ward.centre, {
      pane: 'names', interactive: false, keyboard: false,
      icon: L.divIcon({ className: 'ward-name', iconSize: [0, 0], html: '<span><b></b><i></i></span>' })
    }).addTo(map);
    var box = ward.label.getElement();
    box.setAttribute('aria-hidden', 'true');     // the shape itself carries the name
    box.querySelector('b').textContent = ward.name;
    if (ward.layer.getRadius) { box.classList.add('beside-point'); }
  }

  // ------------------------------------------------------------------ drawing and painting

  function meet(layer, place) {
    var known = layer.feature.properties, bounds = layer.getBounds ? layer.getBounds() : null;
    var ward = {
      layer: layer, place: place, code: known.code, name: known.name, picks: 0,
      centre: L.latLng(known.at[1], known.at[0]),
      extent: bounds ? (bounds.getEast() - bounds.getWest()) * (bounds.getNorth() - bounds.getSouth()) : 0
    };
    layer.ward = ward;
    layer.toGeoJSON = function () { return feature(ward); };   // no geometry goes back to Python
    layer.on('click', function () { rove(ward, false); pick(ward); });
    byCode[ward.code] = ward;
    wards.push(ward);
    return ward;
  }

  function draw(shapes, config) {
    group.addData(shapes);
    group.eachLayer(function (layer) { meet(layer, wards.length); });
    var canvas = wards.length && !element(wards[0]);
    if (config.names && wards.length <= MOST_NAMES) { wards.forEach(addName); }
    map.fitBounds(group.getBounds(), { animate: false, padding: [12, 12] });
    var moved = false;
    map.on('dragstart zoomstart', function () { moved = true; });
    map.on('resize', function () { if (!moved) { map.fitBounds(group.getBounds(), { animate: false, padding: [12, 12] }); moved = false; } });
    map.on('zoomend moveend resize', placeNames);
    map.on('zoomend', refine);
    if (!canvas && wards.length) {
      wards.forEach(function (ward) {
        element(ward).setAttribute('role', 'button');
        element(ward).setAttribute('tabindex', '-1');
      });
      rove(wards[0], false);
    }
    apply();
    placeNames();
    if (config.beside) { moveTogether(config.beside); }
    map.getContainer().setAttribute('data-ready', '1');
  }

  // Brings some wards into view when the page asks for others than before; never when somebody has only moved a slider.
  function lookAt(places) {
    var said = JSON.stringify(places || []);
    if (said === looked) { return; }
    looked = said;
    var seen = L.latLngBounds([]);
    (places && places.length ? places.map(function (place) { return wards[place]; }) : wards).forEach(function (ward) {
      seen.extend(ward.layer.getBounds ? ward.layer.getBounds() : ward.centre);
    });
    map.fitBounds(seen, { animate: false, padding: [12, 12] });
  }

  // On a canvas there are thousands of wards: seen from afar their white borders would be all one sees, so each takes the
  // colour of its ward until there is room for them.
  var FINE_FROM = 9.5;
  function thin(fill) { return fine ? { fillColor: fill, color: '#ffffff', weight: 1 } : { fillColor: fill, color: fill, weight: 0.5 }; }
  function refine() {
    if (fine === (map.getZoom() >= FINE_FROM) || !wards.length || element(wards[0])) { return; }
    fine = !fine;
    wards.forEach(function (ward) { if (ward.shade) { ward.layer.setStyle(thin(ward.shade)); } });
  }

  // Two maps of one page that carry the same `beside` move together; they find each other through the page that holds them.
  var following = false;
  function moveTogether(name) {
    var shared;
    try { shared = window.parent.keptOpenBeside = window.parent.keptOpenBeside || {}; } catch (error) { return; }
    var others = shared[name] = (shared[name] || []).filter(function (one) { return one.alive(); });
    var me = {
      alive: function () { try { return !!window.frameElement && document.body.isConnected && window.parent !== null; } catch (error) { return false; } },
      follow: function (centre, zoom) { following = true; map.setView(centre, zoom, { animate: false }); following = false; }
    };
    others.push(me);
    map.on('moveend', function () {
      if (following) { return; }
      shared[name].forEach(function (one) { if (one !== me && one.alive()) { one.follow(map.getCenter(), map.getZoom()); } });
    });
  }

  function apply() {
    if (!painted || !wards.length) { return; }
    wards.forEach(function (ward) {
      var shade = shadeOf(ward), node = element(ward);
      if (ward.shade !== shade.fill) {
        ward.shade = shade.fill;
        ward.layer.setStyle(node ? { fillColor: shade.fill } : thin(shade.fill));
      }
      if (node) {
        node.setAttribute('aria-label', spoken(ward));
        node.setAttribute('aria-pressed', ward.code === painted.selected ? 'true' : 'false');
      }
      if (ward.label) {
        ward.label.getElement().querySelector('i').textContent = ' ' + shade.number;
        ward.label.getElement().classList.toggle('on-dark', shade.ink === '#ffffff');
      }
    });
    drawPlaces(painted.places);
    lookAt(painted.focus);
    if (chosen) { chosen.forEach(function (line) { line.remove(); }); chosen = null; }
    var selected = byCode[painted.selected];
    if (selected) {
      chosen = outlines(selected, '#ffffff', 2);
      if (document.activeElement !== element(current)) { rove(selected, false); }
    }
    map.getContainer().setAttribute('data-applied', String(++applied));
  }

  window.KeptOpen = {
    wards: function (target, config) {
      map = target;
      L.Icon.Default.imagePath = config.images;
      var box = map.getContainer();
      box.classList.remove('leaflet-touch-drag');     // lets the browser scroll with one finger
      box.removeAttribute('tabindex');                // the wards are the tab stop, not the frame
      box.setAttribute('role', 'group');
      box.setAttribute('aria-label', config.title + '. ' + config.keys);
      try { window.frameElement.title = config.title; } catch (error) { /* another origin: keep the default */ }
      document.documentElement.lang = config.lang;
      map.attributionControl.setPrefix(false).addAttribution(config.attribution);
      map.createPane('names').style.zIndex = 620;      // under the tooltip
      map.createPane('rings').style.zIndex = 450;
      map.createPane('places').style.zIndex = 630;
      map.getPane('names').style.pointerEvents = map.getPane('rings').style.pointerEvents = 'none';
      group = L.geoJSON(null, {
        style: { color: '#ffffff', weight: 1.5, fillColor: NO_FIGURE.fill, fillOpacity: 1 },
        pointToLayer: function (_, at) { return L.circleMarker(at, { radius: 12 }); }
      }).addTo(map);
      group.bindTooltip(function (layer) {
        var text = document.createElement('span');
        text.textContent = spoken(layer.ward);
        return text;
      }, { sticky: true });
      box.addEventListener('keydown', onKey);
      box.addEventListener('focusin', function (event) {
        if (!current || event.target !== element(current)) { return; }
        ringAround(event.target.matches(':focus-visible') ? current : null);
      });
      box.addEventListener('focusout', function () { ringAround(null); });
      fetch(config.url, { cache: 'force-cache' })
        .then(function (answer) { if (!answer.ok) { throw answer.status; } return answer.json(); })
        .then(function (shapes) { draw(shapes, config); })
        .catch(function (error) {
          console.error(error);
          box.insertAdjacentHTML('beforeend', '<p role="alert" class="no-shapes">The map could not be drawn. The table below holds the same figures.</p>');
        });
    },
    paint: function (payload) { painted = payload; apply(); }
  };
})();
